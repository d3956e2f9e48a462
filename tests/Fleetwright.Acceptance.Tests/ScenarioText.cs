using System.Globalization;
using System.Text.RegularExpressions;
using Fleetwright.Testing;

namespace Fleetwright.Acceptance.Tests;

/// <summary>The text of the default scenario, edited as a user edits it: a line found by its place, never by its value, so that new figures in it break no test.</summary>
internal sealed partial class ScenarioText
{
    private readonly List<string> _lines;

    private ScenarioText(IEnumerable<string> lines) => _lines = [.. lines];

    /// <summary>The default scenario.</summary>
    public static ScenarioText Default() => new(File.ReadAllLines(Repository.Path("examples", "meta-2024.yaml")));

    /// <summary>The default scenario over its first quarters and without HBM shortages, for tests that need many runs.</summary>
    public static ScenarioText Short() => Default()
        .Line("", "quarters", _ => "quarters: { first: 2024Q1, last: 2025Q2 }")
        .Without("HBM runs short");

    /// <summary>Changes the line of <paramref name="key"/> in the list item called <paramref name="item"/>, or at the top for an empty item.</summary>
    public ScenarioText Line(string item, string key, Func<string, string> change)
    {
        int at = Find(item, key);
        _lines[at] = change(_lines[at]);
        return this;
    }

    /// <summary>Replaces everything after the colon of a line.</summary>
    public ScenarioText Set(string item, string key, string value) => Line(item, key, line => line[..(line.IndexOf(':', StringComparison.Ordinal) + 1)] + " " + value);

    /// <summary>Changes the first line that contains <paramref name="part"/>.</summary>
    public ScenarioText Containing(string part, Func<string, string> change)
    {
        int at = _lines.FindIndex(l => l.Contains(part, StringComparison.Ordinal));
        Assert.True(at >= 0, $"the scenario has no line with '{part}'");
        _lines[at] = change(_lines[at]);
        return this;
    }

    /// <summary>Drops the one-line list item that contains <paramref name="part"/>; its list must hold nothing else or other lines.</summary>
    public ScenarioText Without(string part)
    {
        int at = _lines.FindIndex(l => l.Contains($"- {{ name: {part}", StringComparison.Ordinal));
        Assert.True(at >= 0, $"the scenario has no item '{part}'");
        _lines.RemoveAt(at);
        return this;
    }

    /// <summary>Drops a list item of several lines.</summary>
    public ScenarioText WithoutItem(string item)
    {
        int at = _lines.FindIndex(l => l == $"  - name: {item}");
        int end = _lines.FindIndex(at + 1, l => l.Length < 3 || l[2] != ' ');
        _lines.RemoveRange(at, end - at);
        return this;
    }

    /// <summary>Adds a line after the name of a list item.</summary>
    public ScenarioText Add(string item, string line)
    {
        _lines.Insert(Find(item, "name") + 1, $"    {line}");
        return this;
    }

    /// <summary>The 1-based number of the line of <paramref name="key"/> in <paramref name="item"/>.</summary>
    public int LineNumber(string item, string key) => Find(item, key) + 1;

    /// <summary>The 1-based number of the first line that contains <paramref name="part"/>.</summary>
    public int LineNumber(string part) => _lines.FindIndex(l => l.Contains(part, StringComparison.Ordinal)) + 1;

    /// <summary>Writes the scenario to a file.</summary>
    public string Write(TemporaryFolder folder, string name = "scenario.yaml")
    {
        string path = folder.Path(name);
        File.WriteAllLines(path, _lines);
        return path;
    }

    /// <summary>Multiplies every amount of dollars in a line.</summary>
    public static string Dollars(string line, double factor) =>
        DollarAmount().Replace(line, m => string.Create(CultureInfo.InvariantCulture, $"${double.Parse(m.Groups[1].Value, NumberStyles.Number, CultureInfo.InvariantCulture) * factor:0.####}"));

    /// <summary>Multiplies the value of every quarter in a line.</summary>
    public static string Quarters(string line, double factor) =>
        QuarterValue().Replace(line, m => string.Create(CultureInfo.InvariantCulture, $"{m.Groups[1].Value}{double.Parse(m.Groups[2].Value, NumberStyles.Number, CultureInfo.InvariantCulture) * factor:0.######}"));

    private int Find(string item, string key)
    {
        if (item.Length == 0)
        {
            return Known(_lines.FindIndex(l => l.StartsWith($"{key}:", StringComparison.Ordinal)), item, key);
        }

        int start = Known(_lines.FindIndex(l => l == $"  - name: {item}"), item, "name");
        return key == "name" ? start : Known(_lines.FindIndex(start + 1, l => l.StartsWith($"    {key}:", StringComparison.Ordinal)), item, key);
    }

    private static int Known(int at, string item, string key)
    {
        Assert.True(at >= 0, $"the default scenario has no line '{key}' in '{item}'");
        return at;
    }

    [GeneratedRegex(@"\$ ?([0-9][0-9,.]*)")]
    private static partial Regex DollarAmount();

    [GeneratedRegex(@"(\d{4}Q\d: ?)([0-9][0-9,.]*)")]
    private static partial Regex QuarterValue();
}

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("fleetwright-test-").FullName;

    public string Path(string name) => System.IO.Path.Combine(Root, name);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
