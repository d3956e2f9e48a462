using System.CommandLine;

namespace Fleetwright.Cli.Commands;

/// <summary>Which options of <c>simulate</c> do not go together: each pair once, with what is said of it.</summary>
internal sealed record SimulateConflicts(
    VidurOptions Tables, Option Replicas, Option Csv, FleetOptions Fleet, SplitOptions Split, ClassOptions Classes, SpeculationOptions Speculation, ExpertOptions Experts, CacheOptions Cache, AdapterOptions Adapters, PerfettoOptions Perfetto,
    CheckpointOptions Checkpoint)
{
    /// <summary>Stops at the first option that stands beside another with which it does not go.</summary>
    /// <exception cref="Catalog.Reading.InputException">One does; it says why it must not.</exception>
    public void Refuse(ParseResult parsed)
    {
        foreach ((bool given, string why, IEnumerable<Option> refused) in Pairs(parsed))
        {
            CommonOptions.Refuse(parsed, given ? refused : [], why);
        }
    }

    // What is given, what is said then, and of which options.
    private IEnumerable<(bool Given, string Why, IEnumerable<Option> Refused)> Pairs(ParseResult parsed)
    {
        const string tables = "--tables, whose replay is of Vidur's own fleets", pools = "--prefill-replicas, whose pools are simulated without it";
        const string swaps = "--preemption swap, --host-cache and --disk-cache", mixed = "--also, whose replicas are simulated without it";
        bool replays = Tables.IsGiven(parsed), splits = Split.IsGiven(parsed), offloads = Cache.Offloads(parsed), changes = Fleet.Changes(parsed), draws = Perfetto.IsGiven(parsed);
        bool Any(params IEnumerable<Option> options) => options.Any(o => CommonOptions.IsGiven(parsed, o));
        return
        [
            (!replays, "found where it means nothing; allowed: with --tables", Tables.Details),
            (replays, Without(tables), [.. Fleet.All, .. Split.All]),
            (replays, OrElse("--tables"), [.. Classes.All, .. Speculation.All, .. Experts.All]),
            (replays, Without("--tables"), [.. Cache.All, .. Adapters.All]),
            (replays, "found beside a replay of tables, which draws nothing; allowed: without --tables", Perfetto.All),
            (replays, "found beside a replay of tables, which takes milliseconds; allowed: without --tables", Checkpoint.All),
            (!splits, "found where it means nothing; allowed: with --prefill-replicas and --decode-replicas", Split.All),
            (splits, "found beside --prefill-replicas and --decode-replicas, which say how many there are", [Replicas]),
            (splits, Without(pools), [.. Fleet.All, .. Cache.All, .. Adapters.All]),
            (splits, OrElse(pools), [.. Speculation.All, .. Experts.All, .. Classes.All]),
            (offloads, Without(swaps), Fleet.All),
            (offloads, OrElse(swaps), [.. Speculation.All, .. Classes.All, .. Adapters.All]),
            (Adapters.IsGiven(parsed), OrElse("--adapters"), Speculation.All),
            (Any(Fleet.Also), OrElse(mixed), [.. Speculation.All, .. Experts.All]),
            (splits || changes, "found beside a split, changing or mixed fleet, which is not drawn; allowed: one of them", Perfetto.All),
            (Any(Csv), Unkept($"{Csv.Name}, whose rows"), Checkpoint.All),
            (draws, Unkept("--perfetto, whose events"), Checkpoint.All),
            (splits, Unkept("--prefill-replicas, whose state"), Checkpoint.All),
            (changes, Unkept("a fleet that changes or is mixed, whose state"), Checkpoint.All),
            (Any(Speculation.All), Unkept("--speculate, whose state"), Checkpoint.All),
            (Adapters.IsGiven(parsed), Unkept("--adapters, whose state"), Checkpoint.All),
            (Any(Classes.All), Unkept("--class, whose state"), Checkpoint.All),
            (offloads || Cache.SharesPrefixes(parsed), Unkept("a prefix cache or swapping, whose state"), Checkpoint.All),
        ];
    }

    private static string Without(string other) => $"found where it means nothing; allowed: without {other}";

    private static string OrElse(string other) => $"found with {other}; allowed: one of the two";

    private static string Unkept(string what) => $"found beside {what} a checkpoint does not hold; allowed: one of them";
}
