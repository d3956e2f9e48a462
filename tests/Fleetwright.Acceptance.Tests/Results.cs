using System.Text.Json;

namespace Fleetwright.Acceptance.Tests;

/// <summary>The parts of <c>results.json</c> that the tests look at.</summary>
internal sealed class Results
{
    private readonly JsonElement _root;

    private Results(JsonElement root) => _root = root;

    public static Results Read(string folder) => Parse(File.ReadAllText(Path.Combine(folder, "results.json")));

    public static Results Parse(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return new Results(document.RootElement.Clone());
    }

    public JsonElement Root => _root;

    public string Status => _root.GetProperty("status").GetString()!;

    public JsonElement Supply => _root.GetProperty("supply");

    public double Expected => Supply.GetProperty("cost").GetProperty("expected").GetDouble();

    public double Tail => Supply.GetProperty("cost").GetProperty("tail").GetDouble();

    /// <summary>What the plan makes least: (1 − w) × expected cost + w × tail.</summary>
    public double Objective
    {
        get
        {
            double weight = Supply.GetProperty("risk_weight").GetDouble();
            return ((1 - weight) * Expected) + (weight * Tail);
        }
    }

    public double Ordered(string offer) => Supply.GetProperty("orders").EnumerateArray().Where(o => Text(o, "offer") == offer).Sum(o => Number(o, "chips"));

    /// <summary>Chips at work by quarter.</summary>
    public double[] AtWork()
    {
        double[][] series = [.. Supply.GetProperty("assignment").EnumerateArray().Select(a => Numbers(a, "chips"))];
        return [.. Enumerable.Range(0, _root.GetProperty("scenario").GetProperty("quarters").GetArrayLength()).Select(t => series.Sum(s => s[t]))];
    }

    public double[] PowerWatts => Numbers(Supply, "power_watts");

    public IReadOnlyList<string> Futures => [.. Supply.GetProperty("future_costs").EnumerateArray().Select(f => Text(f, "name"))];

    public IReadOnlyList<JsonElement> Outages => [.. Supply.GetProperty("outages").EnumerateArray()];

    public IReadOnlyList<JsonElement> Serving(string workload) =>
        [.. _root.GetProperty("serving").EnumerateArray().Single(w => Text(w, "workload") == workload).GetProperty("options").EnumerateArray()];

    public JsonElement Placement(string product) => _root.GetProperty("placement").EnumerateArray().Single(p => Text(p, "product") == product);

    public static string Text(JsonElement element, string key) => element.GetProperty(key).GetString()!;

    public static double Number(JsonElement element, string key) => element.GetProperty(key).GetDouble();

    public static double[] Numbers(JsonElement element, string key) => [.. element.GetProperty(key).EnumerateArray().Select(v => v.GetDouble())];
}
