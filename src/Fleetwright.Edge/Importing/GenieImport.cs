using System.Text.Json;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Reading;

namespace Fleetwright.Edge.Importing;

/// <summary>
/// The profile of <c>genie-t2t-run --profile</c>: components with events; each <c>GenieDialog_query</c> is a run whose figures are <c>{value, unit}</c>.
/// Some releases leave counts out, so every figure but one rate may be missing; 0 stands for none. Seen in public profiles: <c>docs/edge-policy.md</c>, Import.
/// </summary>
internal static class GenieImport
{
    private const string Query = "GenieDialog_query";
    private static readonly (string Unit, double Factor)[] Seconds = [("us", 1e-6), ("ms", 1e-3), ("s", 1)];
    private static readonly (string Unit, double Factor)[] Rates = [("toks/sec", 1), ("tokens/sec", 1), ("tokens/s", 1)];
    private static readonly (string Unit, double Factor)[] Counts = [("", 1)];

    public static ImportedRuns Read(byte[] utf8, string file)
    {
        IReadOnlyList<JsonItem> values = JsonItem.Parse(utf8, file);
        if (values is not [{ Kind: JsonTokenType.StartObject } root] || root["components"] is not { Kind: JsonTokenType.StartArray } components)
        {
            throw new InputException([values.Count > 0 ? values[0].Wrong($"found {values[0].Found}; allowed: a profile of Genie, with components") : new Diagnostic(file, 0, 0, "", "the file is empty; allowed: a profile of Genie, with components")]);
        }

        List<JsonItem> events = [.. components.Items.SelectMany(c => c["events"]?.Items ?? [])];
        List<JsonItem> queries = [.. events.Where(e => e["type"]?.Text == Query)];
        if (queries.Count == 0)
        {
            throw new InputException([components.Wrong($"found {(events.Count == 0 ? "no event" : string.Join(", ", events.Select(e => e["type"]?.Text ?? "an event without type").Distinct()))}; allowed: at least one event {Query}")]);
        }

        var problems = new List<Diagnostic>();
        List<ImportedRun> runs = [.. queries.Select(q => RunOf(q, problems))];
        return problems.Count == 0 ? new ImportedRuns(runs, []) : throw new InputException(problems);
    }

    private static ImportedRun RunOf(JsonItem query, List<Diagnostic> problems)
    {
        var run = new ImportedRun
        {
            Engine = "Genie/QAIRT (genie)",
            Unit = ComputeUnitKind.Npu,
            PromptTokens = Figure(query, "num-prompt-tokens", Counts, problems),
            GeneratedTokens = Figure(query, "num-generated-tokens", Counts, problems),
            PrefillTokensPerSecond = Figure(query, "prompt-processing-rate", Rates, problems),
            DecodeTokensPerSecond = Figure(query, "token-generation-rate", Rates, problems),
            FirstTokenSeconds = Figure(query, "time-to-first-token", Seconds, problems),
        };
        if (problems.Count == 0 && run.PrefillTokensPerSecond is null && run.DecodeTokensPerSecond is null)
        {
            problems.Add(query.Wrong($"found {query.Found}; allowed: a query with a prompt-processing-rate or token-generation-rate above 0"));
        }

        return run;
    }

    private static double? Figure(JsonItem query, string key, (string Unit, double Factor)[] units, List<Diagnostic> problems)
    {
        if (query[key] is not { } figure)
        {
            return null;
        }

        if (figure["value"]?.IsNumber(out double value) != true || value < 0)
        {
            problems.Add(figure.Wrong($"found {figure["value"]?.Found ?? figure.Found}; allowed: a value from 0"));
            return null;
        }

        string unit = figure["unit"]?.Text ?? "";
        int at = Array.FindIndex(units, u => u.Unit == unit);
        if (at < 0)
        {
            problems.Add(figure.Wrong($"found the unit '{unit}'; allowed: {string.Join(", ", units.Select(u => u.Unit.Length == 0 ? "none" : u.Unit))}"));
            return null;
        }

        return value > 0 ? value * units[at].Factor : null;
    }
}
