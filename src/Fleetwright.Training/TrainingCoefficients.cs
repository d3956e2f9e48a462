using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Training;

/// <summary>The few constants of the training model that are measured or fitted, the same for every chip and model; <c>catalog/training/</c>.</summary>
public sealed record TrainingCoefficients
{
    /// <summary>Name of the set.</summary>
    public required string Name { get; init; }

    /// <summary>Time of kernels in a training step over their time alone as the operator model prices it (power, gaps, stragglers).</summary>
    public required Fact KernelSlowdown { get; init; }

    /// <summary>Share of tensor-parallel communication that is hidden where the software overlaps it.</summary>
    public required Fact TensorOverlap { get; init; }

    /// <summary>Share of data-parallel communication that is hidden where the software overlaps it.</summary>
    public required Fact DataOverlap { get; init; }

    /// <summary>Memory that weights and activations cannot use, in bytes: contexts, communication buffers, fragmentation.</summary>
    public required Fact ReservedBytes { get; init; }

    /// <summary>Mean absolute error of step times, as a fraction, on rows that were not fitted.</summary>
    public required Fact Error { get; init; }

    /// <summary>The set called <paramref name="name"/> of a catalogue.</summary>
    /// <exception cref="InputException">There is none, or a file is wrong.</exception>
    public static TrainingCoefficients For(FleetCatalog catalog, string name = "coefficients") =>
        new CatalogFolder<TrainingCoefficients>(Path.Combine(catalog.Root, "training"), "training set", Read, c => [c.Name]).Get(name);

    private static TrainingCoefficients Read(YamlFile file)
    {
        YamlMap root = file.Root;
        return new TrainingCoefficients
        {
            Name = root.Text("name"),
            KernelSlowdown = root.Fact("kernel_slowdown", Dimension.Count, 0.1, 10),
            TensorOverlap = root.Fact("tensor_overlap", Dimension.Fraction, 0, 1),
            DataOverlap = root.Fact("data_overlap", Dimension.Fraction, 0, 1),
            ReservedBytes = root.Fact("reserved_memory", Dimension.Bytes),
            Error = root.Fact("error", Dimension.Fraction, 0, 10),
        };
    }
}
