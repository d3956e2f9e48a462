using System.CommandLine;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Offload;

namespace Fleetwright.Cli.Commands;

/// <summary>The options that say what is found again in the cache and where it goes when it does not fit on the chips.</summary>
internal sealed class CacheOptions
{
    // vLLM's own default of swap_space, in each of its versions that swapped.
    private const double SwapBytesPerChip = 4.0 * (1L << 30);

    private readonly Option<bool> _prefixes = new("--prefix-cache") { Description = "Prompts that begin alike find what others left in the cache. Needs a trace that says how they begin, such as Mooncake's." };
    private readonly Option<string> _preemption = new("--preemption") { Description = "What becomes of a sequence that loses its place: recompute, or swap to the host's memory.", DefaultValueFactory = _ => "recompute" };
    private readonly Option<string?> _swap = CommonOptions.QuantityOption("--swap-space", "Host memory of a replica for swapped sequences; when full they recompute. Default 4 GiB a chip, as vLLM.", Dimension.Bytes);
    private readonly Option<string?> _host = CommonOptions.QuantityOption("--host-cache", "Host memory of a replica for what its prefix cache drops. Turns the prefix cache on.", Dimension.Bytes);
    private readonly Option<string?> _disk = CommonOptions.QuantityOption("--disk-cache", "Disk of a replica for what its host memory drops. Turns the prefix cache on.", Dimension.Bytes);
    private readonly Option<string?> _diskRate = CommonOptions.QuantityOption("--disk-bandwidth", "What the disks of a replica read.", Dimension.ByteRate);
    private readonly Option<string?> _link = CommonOptions.QuantityOption("--host-link", "Between each chip and its host, in one direction. Default: the catalogue's host bandwidth of the chip.", Dimension.ByteRate);

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [_prefixes, _preemption, _swap, _host, _disk, _diskRate, _link];

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Whether prompts that begin alike share what is computed.</summary>
    public bool SharesPrefixes(ParseResult parsed) => parsed.GetValue(_prefixes) || CommonOptions.IsGiven(parsed, _host) || CommonOptions.IsGiven(parsed, _disk);

    /// <summary>Whether anything of a cache leaves the chips.</summary>
    /// <exception cref="InputException">There is no such way to preempt.</exception>
    public bool Offloads(ParseResult parsed) => Preemption(parsed) == PreemptionKind.Swap || CommonOptions.IsGiven(parsed, _host) || CommonOptions.IsGiven(parsed, _disk);

    /// <summary>Adds what was asked for to a request that has its replica.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="request">The request.</param>
    /// <param name="adapters">Whether adapters cross the host link too.</param>
    /// <exception cref="InputException">An option is wrong, or the deployment cannot have it.</exception>
    public SimulationRequest Read(ParseResult parsed, SimulationRequest request, bool adapters = false)
    {
        PreemptionKind preemption = Preemption(parsed);
        bool swaps = preemption == PreemptionKind.Swap, host = CommonOptions.IsGiven(parsed, _host), disk = CommonOptions.IsGiven(parsed, _disk);
        foreach ((Option option, bool allowed, string only) in ((Option, bool, string)[])
        [
            (_swap, swaps, "with --preemption swap"),
            (_diskRate, disk || adapters, "with --disk-cache or --max-cpu-loras"),
            (_link, swaps || host || disk || adapters, "with --preemption swap, --host-cache, --disk-cache or --adapters"),
        ])
        {
            if (CommonOptions.IsGiven(parsed, option) && !allowed)
            {
                throw new InputException(option.Name, $"found where it means nothing; allowed: {only}");
            }
        }

        request = request with { SharesPrefixes = SharesPrefixes(parsed) };
        if (swaps || host || disk)
        {
            request = request with
            {
                Offload = new CacheOffload
                {
                    Preemption = preemption,
                    HostLink = Link(parsed, request.Replica.Chip),
                    SwapBytes = !swaps ? 0 : CommonOptions.Quantity(parsed, _swap, Dimension.Bytes) ?? (SwapBytesPerChip * request.Replica.Chips),
                    HostBytes = CommonOptions.Quantity(parsed, _host, Dimension.Bytes) ?? 0,
                    DiskBytes = CommonOptions.Quantity(parsed, _disk, Dimension.Bytes) ?? 0,
                    DiskBandwidth = !disk ? 0 : DiskBandwidth(parsed, _disk.Name),
                },
            };
        }

        return ServingSimulation.OffloadProblem(request) is not { } problem ? request
            : throw new InputException(All.First(o => CommonOptions.IsGiven(parsed, o)).Name, problem);
    }

    /// <summary>Bytes per second between each chip and its host.</summary>
    /// <exception cref="InputException">It was not given and the catalogue has none.</exception>
    public double Link(ParseResult parsed, ChipModel chip) =>
        CommonOptions.Quantity(parsed, _link, Dimension.ByteRate, 1)
        ?? chip.Chip.HostBandwidth?.Value
        ?? throw new InputException(_link.Name, $"is missing; the catalogue has no host bandwidth of {chip.Chip.Name}");

    /// <summary>Bytes per second that the disks of a replica read.</summary>
    /// <exception cref="InputException">It was not given, and something needs it.</exception>
    public double DiskBandwidth(ParseResult parsed, string needs) =>
        CommonOptions.Quantity(parsed, _diskRate, Dimension.ByteRate, 1) ?? throw new InputException(_diskRate.Name, $"is missing; {needs} needs what the disks read, such as '7 GB/s'");

    private PreemptionKind Preemption(ParseResult parsed) => TrafficOptions.Member<PreemptionKind>(_preemption.Name, parsed.GetRequiredValue(_preemption));
}
