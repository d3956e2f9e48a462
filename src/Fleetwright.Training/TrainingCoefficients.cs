using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Training;

/// <summary>The few constants of the training model that are measured or fitted, the same for every chip and model; <c>catalog/training/</c>.</summary>
public sealed record TrainingCoefficients
{
    /// <summary>Name of the set.</summary>
    public required string Name { get; init; }

    /// <summary>Time of kernels in a training step over their time alone as the operator model prices it (power limit, gaps, stragglers), for architectures that were not measured.</summary>
    public required Fact KernelSlowdown { get; init; }

    /// <summary>The same by architecture where runs were measured: how far the power limit lowers clocks over minutes differs from chip to chip.</summary>
    public IReadOnlyDictionary<string, Fact> KernelSlowdowns { get; init; } = new Dictionary<string, Fact>();

    /// <summary>Share of tensor-parallel communication that is hidden where the software overlaps it.</summary>
    public required Fact TensorOverlap { get; init; }

    /// <summary>Share of data-parallel communication that is hidden where the software overlaps it.</summary>
    public required Fact DataOverlap { get; init; }

    /// <summary>Memory that weights and activations cannot use, in bytes: contexts, communication buffers, fragmentation.</summary>
    public required Fact ReservedBytes { get; init; }

    /// <summary>Mean absolute error of step times, as a fraction, on rows that were not fitted.</summary>
    public required Fact Error { get; init; }

    /// <summary>The same on an architecture whose runs were not fitted: what one chip's slow-down does on the other.</summary>
    public required Fact ErrorElsewhere { get; init; }

    /// <summary>The same for jobs in 8 bits, which were not fitted on any chip.</summary>
    public required Fact ErrorEightBits { get; init; }

    /// <summary>The expected error of a job in <paramref name="compute"/> on <paramref name="chip"/>.</summary>
    public double ErrorOf(Chip chip, Dtype compute) => compute.Bytes() < 2 ? ErrorEightBits : KernelSlowdowns.ContainsKey(chip.Architecture) ? Error : ErrorElsewhere;

    /// <summary>The set called <paramref name="name"/> of a catalogue.</summary>
    /// <exception cref="InputException">There is none, or a file is wrong.</exception>
    public static TrainingCoefficients For(FleetCatalog catalog, string name = "coefficients") =>
        new CatalogFolder<TrainingCoefficients>(Path.Combine(catalog.Root, "training"), "training set", Read, c => [c.Name]).Get(name);

    /// <summary>The slow-down of kernels on <paramref name="chip"/>.</summary>
    public double SlowdownOf(Chip chip) => KernelSlowdowns.TryGetValue(chip.Architecture, out Fact own) ? own : KernelSlowdown;

    private static TrainingCoefficients Read(YamlFile file)
    {
        YamlMap root = file.Root;
        YamlMap? byArchitecture = root.OptionalMap("kernel_slowdowns");
        return new TrainingCoefficients
        {
            Name = root.Text("name"),
            KernelSlowdown = root.Fact("kernel_slowdown", Dimension.Count, 0.1, 10),
            KernelSlowdowns = byArchitecture?.Keys.ToDictionary(k => k, k => byArchitecture.Fact(k, Dimension.Count, 0.1, 10)) ?? [],
            TensorOverlap = root.Fact("tensor_overlap", Dimension.Fraction, 0, 1),
            DataOverlap = root.Fact("data_overlap", Dimension.Fraction, 0, 1),
            ReservedBytes = root.Fact("reserved_memory", Dimension.Bytes),
            Error = root.Fact("error", Dimension.Fraction, 0, 10),
            ErrorEightBits = root.Fact("error_eight_bits", Dimension.Fraction, 0, 10),
            ErrorElsewhere = root.Fact("error_elsewhere", Dimension.Fraction, 0, 10),
        };
    }
}
