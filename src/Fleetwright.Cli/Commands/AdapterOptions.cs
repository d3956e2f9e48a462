using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Adapters;
using Fleetwright.Serving.Simulation.Fleets;

namespace Fleetwright.Cli.Commands;

/// <summary>The options that say which LoRA adapters requests use and how many a replica holds.</summary>
internal sealed class AdapterOptions
{
    private const int MostAdapters = 1_000_000;

    // vLLM's max_lora_rank; the exponent of S-LoRA's power law (Sheng et al., section 7.1, α = 1).
    private const int DefaultRank = 16;
    private const double DefaultSkew = 1;

    private readonly Option<string?> _count = new("--adapters") { HelpName = "number", Description = "LoRA adapters that requests use, each request (or conversation) one by popularity." };
    private readonly Option<string?> _rank = new("--adapter-rank") { HelpName = "number", Description = $"Their rank. Default {DefaultRank}." };
    private readonly Option<string?> _skew = new("--adapter-skew") { HelpName = "number", Description = "Popularity of the i-th adapter is i^-S; 0 for all alike. Default 1." };
    private readonly Option<string?> _share = CommonOptions.QuantityOption("--adapter-share", "Share of requests that use an adapter; the others use the base model. Default 100 %.", Dimension.Fraction);
    private readonly Option<string?> _slots = new("--max-loras", "--adapter-slots") { HelpName = "number", Description = "Adapters on the chips of a replica, and so in a batch, at once. Default: the engine's (vLLM 1, SGLang 8)." };
    private readonly Option<string?> _host = new("--max-cpu-loras", "--host-adapters") { HelpName = "number", Description = "Adapters that the host memory of a replica keeps; others come from disk. Default: all." };

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [_count, _rank, _skew, _share, _slots, _host];

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Whether there are any.</summary>
    public bool IsGiven(ParseResult parsed) => CommonOptions.IsGiven(parsed, _count);

    /// <summary>Reads them; null without adapters.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="engine">Has the number of slots.</param>
    /// <param name="chip">What serves them.</param>
    /// <param name="cache">Has the bandwidths of host and disk.</param>
    /// <exception cref="InputException">An option is wrong or missing.</exception>
    public LoraAdapters? Read(ParseResult parsed, EngineOptions engine, ChipModel chip, CacheOptions cache)
    {
        if (!IsGiven(parsed))
        {
            return All.FirstOrDefault(o => CommonOptions.IsGiven(parsed, o)) is { } lonely ? throw new InputException(lonely.Name, $"found without {_count.Name}; allowed: with it") : null;
        }

        int count = Whole(parsed, _count, MostAdapters)!.Value, slots = Math.Min(count, Whole(parsed, _slots, MostAdapters) ?? engine.AdapterSlots);
        int? host = Whole(parsed, _host, MostAdapters);
        return new LoraAdapters
        {
            Count = count,
            Rank = Whole(parsed, _rank, 4096) ?? DefaultRank,
            Slots = slots,
            Skew = parsed.GetValue(_skew) is not { } text ? DefaultSkew
                : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double skew) && skew is >= 0 and <= 5 ? skew
                : throw new InputException(_skew.Name, $"found '{text}'; allowed: a number from 0 to 5"),
            Share = CommonOptions.Quantity(parsed, _share, Dimension.Fraction, 0, 1) ?? 1,
            HostCount = host >= count ? null : host is null || host >= slots ? host
                : throw new InputException(_host.Name, FormattableString.Invariant($"found {host}; allowed: at least the {slots} that are on the chips ({_slots.Name})")),
            HostLink = cache.Link(parsed, chip),
            DiskBandwidth = host is null || host >= count ? 0 : cache.DiskBandwidth(parsed, $"{_host.Name} below {_count.Name}"),
        };
    }

    /// <summary>Stops where a replica cannot serve them, or a router looks for them in vain.</summary>
    /// <exception cref="InputException">So it is.</exception>
    public void Check(ParseResult parsed, SimulationRequest request)
    {
        if (ServingSimulation.AdapterProblem(request) is { } problem)
        {
            throw new InputException(_count.Name, problem);
        }

        if (!IsGiven(parsed) && request.Router == RouterKind.Adapter)
        {
            throw new InputException("--router", $"found 'adapter' without {_count.Name}; allowed: with it");
        }
    }

    private static int? Whole(ParseResult parsed, Option<string?> option, int most) => parsed.GetValue(option) is not { } text ? null
        : int.TryParse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out int value) && value >= 1 && value <= most ? value
        : throw new InputException(option.Name, string.Create(CultureInfo.InvariantCulture, $"found '{text}'; allowed: a whole number from 1 to {most:#,0}"));
}
