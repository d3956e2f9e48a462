using System.Globalization;
using Fleetwright.Catalog.Units;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fleetwright.Catalog.Reading;

/// <summary>
/// A map of a YAML file. Each reading method marks its key as known, reports what is wrong with it to the file, and then
/// returns a harmless default, so that one pass finds every problem. Unknown keys are problems too, found by <see cref="Close"/>.
/// </summary>
public sealed class YamlMap
{
    private readonly YamlFile _file;
    private readonly YamlMappingNode _node;
    private readonly Dictionary<string, (YamlScalarNode Key, YamlNode Value)> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<YamlMappingNode, YamlMap> _children = new(ReferenceEqualityComparer.Instance);
    private bool _isStandIn;

    internal YamlMap(YamlFile file, YamlMappingNode node, string path)
    {
        _file = file;
        _node = node;
        Path = path;
        foreach ((YamlNode key, YamlNode value) in node.Children)
        {
            if (key is YamlScalarNode { Value: { } name } scalar)
            {
                _entries[name] = (scalar, value);
            }
            else
            {
                Report(key, path, "keys must be plain text");
            }
        }
    }

    /// <summary>The path of this map in the file, such as <c>offers[2]</c>; empty for the root.</summary>
    public string Path { get; }

    /// <summary>The file that the map is part of.</summary>
    public YamlFile File => _file;

    /// <summary>The line that the map starts on.</summary>
    public long Line => _node.Start.Line;

    /// <summary>The keys of the map in file order.</summary>
    public IEnumerable<string> Keys => _entries.Keys;

    /// <summary>Whether the key is there and not null.</summary>
    public bool Has(string key) => _entries.TryGetValue(key, out var e) && !IsNull(e.Value);

    /// <summary>A required text of at least one visible character.</summary>
    public string Text(string key)
    {
        string? text = Required(key) is { } node ? ScalarOf(key, node) : null;
        if (text is not null && string.IsNullOrWhiteSpace(text))
        {
            Report(key, "is empty");
        }

        return text ?? "";
    }

    /// <summary>A text, or null when the key is absent.</summary>
    public string? OptionalText(string key) => Optional(key) is { } node ? ScalarOf(key, node) : null;

    /// <summary>A list of texts; empty when the key is absent. A single text counts as a list of one.</summary>
    public IReadOnlyList<string> Texts(string key)
    {
        switch (Optional(key))
        {
            case null:
                return [];
            case YamlSequenceNode list:
                return [.. list.Children.Select(c => ScalarOf(key, c) ?? "")];
            case var node:
                return ScalarOf(key, node) is { } one ? [one] : [];
        }
    }

    /// <summary>A required whole number from <paramref name="minimum"/> to <paramref name="maximum"/>.</summary>
    public long Integer(string key, long minimum = 0, long maximum = long.MaxValue) =>
        Required(key) is { } node ? IntegerOf(key, node, minimum, maximum) : minimum;

    /// <summary>A whole number from <paramref name="minimum"/> to <paramref name="maximum"/>, or <paramref name="absent"/> when the key is absent.</summary>
    public long Integer(string key, long absent, long minimum, long maximum) =>
        Optional(key) is { } node ? IntegerOf(key, node, minimum, maximum) : absent;

    /// <summary><c>true</c> or <c>false</c>, or <paramref name="absent"/> when the key is absent.</summary>
    public bool Flag(string key, bool absent = false)
    {
        if (Optional(key) is not { } node || ScalarOf(key, node) is not { } text)
        {
            return absent;
        }

        if (text is "true" or "false")
        {
            return text == "true";
        }

        Report(node, PathOf(key), $"found '{text}'; allowed: true, false");
        return absent;
    }

    /// <summary>One of <paramref name="choices"/>; the first when the value is absent (if optional) or wrong (reported).</summary>
    public T Choice<T>(string key, IReadOnlyList<(string Name, T Value)> choices, bool optional = false)
    {
        if ((optional ? Optional(key) : Required(key)) is not { } node || ScalarOf(key, node) is not { } text)
        {
            return choices[0].Value;
        }

        foreach ((string name, T value) in choices)
        {
            if (name == text)
            {
                return value;
            }
        }

        Report(node, PathOf(key), $"found '{text}'{NearMiss.Suggestion(text, choices.Select(c => c.Name))}; allowed: {string.Join(", ", choices.Select(c => c.Name))}");
        return choices[0].Value;
    }

    /// <summary>A required number format such as <c>bf16</c>.</summary>
    public Dtype Dtype(string key, Dtype? absent = null)
    {
        if ((absent is null ? Required(key) : Optional(key)) is not { } node || ScalarOf(key, node) is not { } text)
        {
            return absent ?? default;
        }

        if (Dtypes.TryParse(text, out Dtype dtype))
        {
            return dtype;
        }

        Report(node, PathOf(key), $"found '{text}'; allowed: {string.Join(", ", Dtypes.All.Select(d => d.Name()))}");
        return absent ?? default;
    }

    /// <summary>A required quantity in base units, without a source of its own; for settings rather than facts.</summary>
    public double Quantity(string key, Dimension dimension, double minimum = 0, double maximum = double.PositiveInfinity) =>
        Required(key) is { } node ? QuantityOf(PathOf(key), node, dimension, minimum, maximum) : double.NaN;

    /// <summary>A quantity in base units, or null when the key is absent.</summary>
    public double? OptionalQuantity(string key, Dimension dimension, double minimum = 0, double maximum = double.PositiveInfinity) =>
        Optional(key) is { } node ? QuantityOf(PathOf(key), node, dimension, minimum, maximum) : null;

    /// <summary>A required fact: a quantity with its source.</summary>
    public Fact Fact(string key, Dimension dimension, double minimum = 0, double maximum = double.PositiveInfinity) =>
        Required(key) is { } node ? FactOf(key, node, dimension, minimum, maximum) : default;

    /// <summary>A fact, or null when the key is absent.</summary>
    public Fact? OptionalFact(string key, Dimension dimension, double minimum = 0, double maximum = double.PositiveInfinity) =>
        Optional(key) is { } node ? FactOf(key, node, dimension, minimum, maximum) : null;

    /// <summary>
    /// A required series by quarter: either one value for all quarters, or
    /// <c>{ by_quarter: { 2024Q1: 10 M, 2025Q1: 20 M }, source: key }</c>, with <c>step: true</c> for values that hold until the next.
    /// </summary>
    public QuarterlyFact Series(string key, Dimension dimension, double minimum = 0, double maximum = double.PositiveInfinity)
    {
        if (Required(key) is not { } node)
        {
            return new QuarterlyFact([(default, double.NaN)], "", Confidence.Assumed);
        }

        return SeriesOf(key, node, dimension, minimum, maximum);
    }

    /// <summary>A series by quarter, or null when the key is absent.</summary>
    public QuarterlyFact? OptionalSeries(string key, Dimension dimension, double minimum = 0, double maximum = double.PositiveInfinity) =>
        Optional(key) is { } node ? SeriesOf(key, node, dimension, minimum, maximum) : null;

    /// <summary>A required quarter such as <c>2024Q1</c>.</summary>
    public Quarter Quarter(string key) => Required(key) is { } node ? QuarterOf(key, node) : default;

    /// <summary>A quarter, or null when the key is absent.</summary>
    public Quarter? OptionalQuarter(string key) => Optional(key) is { } node ? QuarterOf(key, node) : null;

    /// <summary>A required map.</summary>
    public YamlMap Map(string key) => Required(key) is { } node ? MapOf(PathOf(key), node) : Empty(PathOf(key));

    /// <summary>A map, or null when the key is absent.</summary>
    public YamlMap? OptionalMap(string key) => Optional(key) is { } node ? MapOf(PathOf(key), node) : null;

    /// <summary>A list of maps; empty when the key is absent.</summary>
    public IReadOnlyList<YamlMap> Maps(string key)
    {
        switch (Optional(key))
        {
            case null:
                return [];
            case YamlSequenceNode list:
                return [.. list.Children.Select((c, i) => MapOf(string.Create(CultureInfo.InvariantCulture, $"{PathOf(key)}[{i}]"), c))];
            case var node:
                Report(node, PathOf(key), "must be a list ('- …' lines)");
                return [];
        }
    }

    /// <summary>Reports a problem with the value of <paramref name="key"/> (with the whole map when the key is absent).</summary>
    public void Report(string key, string message)
    {
        YamlNode place = _entries.TryGetValue(key, out var entry) ? entry.Value : _node;
        Report(place, PathOf(key), message);
    }

    /// <summary>Reports keys that nothing has read, here and in every map read from here.</summary>
    public void Close()
    {
        foreach ((string name, (YamlScalarNode key, _)) in _entries)
        {
            if (!_known.Contains(name))
            {
                // In { } a comma parts entries, so 24,576 reads as 24 and a key 576.
                string hint = name.Length > 0 && char.IsAsciiDigit(name[0]) && !Has(name) ? "; a number with commas inside { } needs quotes" : "";
                Report(key, PathOf(name), $"unknown key '{name}'{hint}{NearMiss.Suggestion(name, _known)}; allowed here: {string.Join(", ", _known.Order(StringComparer.Ordinal))}");
            }
        }

        foreach (YamlMap child in _children.Values)
        {
            child.Close();
        }
    }

    internal string? ResolveSource(string key, string name)
    {
        if (_file.Sources.TryGetValue(name, out string? text))
        {
            return text;
        }

        if (name.Contains(' ', StringComparison.Ordinal))
        {
            return name;
        }

        Report(key, $"source '{name}' is not one of the file's sources{NearMiss.Suggestion(name, _file.Sources.Keys)}; list it under 'sources' at the top");
        return null;
    }

    private static bool IsNull(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" };

    private string PathOf(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    private YamlNode? Optional(string key)
    {
        _known.Add(key);
        return Has(key) ? _entries[key].Value : null;
    }

    private YamlNode? Required(string key)
    {
        if (Optional(key) is { } node)
        {
            return node;
        }

        Report(_entries.TryGetValue(key, out var entry) ? entry.Key : _node, PathOf(key), "is missing");
        return null;
    }

    private string? ScalarOf(string key, YamlNode node)
    {
        if (node is YamlScalarNode { Value: { } text })
        {
            _file.RecordPlace(PathOf(key), node.Start.Line, node.Start.Column);
            return text;
        }

        Report(node, PathOf(key), "must be a single value");
        return null;
    }

    private long IntegerOf(string key, YamlNode node, long minimum, long maximum)
    {
        string? text = ScalarOf(key, node);
        if (text is null)
        {
            return minimum;
        }

        bool whole = Units.Quantity.TryParseNumber(text.AsSpan().TrimStart('-'), out _)
            & long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out long value);
        if (!whole || value < minimum || value > maximum)
        {
            string range = maximum == long.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"of at least {minimum:#,0}") : string.Create(CultureInfo.InvariantCulture, $"from {minimum:#,0} to {maximum:#,0}");
            Report(node, PathOf(key), $"found '{text}'; allowed: a whole number {range}");
            return minimum;
        }

        return value;
    }

    private double QuantityOf(string path, YamlNode node, Dimension dimension, double minimum, double maximum)
    {
        if (node is not YamlScalarNode { Value: { } text })
        {
            Report(node, path, $"must be a {dimension.Name} such as {dimension.Example}");
            return double.NaN;
        }

        if (!Units.Quantity.TryParse(text, dimension, out double value, out string problem))
        {
            Report(node, path, problem);
            return double.NaN;
        }

        if (value < minimum || value > maximum)
        {
            string unit = dimension.BaseUnit;
            string limits = value < minimum && minimum == 0 ? "must not be negative"
                : value < minimum ? string.Create(CultureInfo.InvariantCulture, $"must be at least {minimum:0.###} {unit}")
                : string.Create(CultureInfo.InvariantCulture, $"must be at most {maximum:0.###} {unit}");
            Report(node, path, $"found '{text}'; it {limits.TrimEnd()}");
            return double.NaN;
        }

        return value;
    }

    private Fact FactOf(string key, YamlNode node, Dimension dimension, double minimum, double maximum)
    {
        if (node is YamlScalarNode)
        {
            double plain = QuantityOf(PathOf(key), node, dimension, minimum, maximum);
            string source = DefaultSourceFor(key, node);
            RecordFact(key, node, ((YamlScalarNode)node).Value ?? "", source, Confidence.High, "");
            return Reading.Fact.Of(plain, source);
        }

        YamlMap map = MapOf(PathOf(key), node);
        double value = map.Quantity("value", dimension, minimum, maximum);
        double low = map.OptionalQuantity("low", dimension, minimum, maximum) ?? value;
        double high = map.OptionalQuantity("high", dimension, minimum, maximum) ?? value;
        if (low > value || high < value)
        {
            map.Report("value", "low ≤ value ≤ high does not hold");
        }

        (string text, Confidence confidence, string note) = map.Provenance(key, node, this);
        RecordFact(key, node, map.OptionalText("value") ?? "", text, confidence, note);
        return new Fact(value, low, high, text, confidence);
    }

    private QuarterlyFact SeriesOf(string key, YamlNode node, Dimension dimension, double minimum, double maximum)
    {
        if (node is YamlScalarNode || (node is YamlMappingNode m && m.Children.Keys.Any(k => k is YamlScalarNode { Value: "value" })))
        {
            Fact fact = FactOf(key, node, dimension, minimum, maximum);
            return new QuarterlyFact([(default, fact.Value)], fact.Source, fact.Confidence);
        }

        YamlMap map = MapOf(PathOf(key), node);
        YamlMap byQuarter = map.Map("by_quarter");
        var points = new List<(Quarter, double)>();
        foreach (string name in byQuarter.Keys)
        {
            double value = byQuarter.Quantity(name, dimension, minimum, maximum);
            if (Units.Quarter.TryParse(name, out Quarter quarter))
            {
                points.Add((quarter, value));
            }
            else
            {
                byQuarter.Report(name, $"found '{name}'; allowed: a quarter such as 2024Q1");
            }
        }

        if (points.Count == 0)
        {
            map.Report("by_quarter", "needs at least one quarter, such as 2024Q1: …");
            points.Add((default, double.NaN));
        }

        bool step = map.Flag("step");
        (string source, Confidence confidence, string note) = map.Provenance(key, node, this);
        string written = string.Join(", ", byQuarter.Keys.Select(k => $"{k}: {byQuarter.OptionalText(k)}"));
        RecordFact(key, node, written, source, confidence, note);
        return new QuarterlyFact(points, source, confidence, step);
    }

    private (string Source, Confidence Confidence, string Note) Provenance(string key, YamlNode node, YamlMap owner)
    {
        bool assumed = Flag("assumed");
        string note = OptionalText("note") ?? "";
        Confidence confidence = Choice<Confidence>(
            "confidence",
            [("high", Confidence.High), ("medium", Confidence.Medium), ("low", Confidence.Low)],
            optional: true);
        string source = OptionalText("source") is { } name ? ResolveSource("source", name) ?? ""
            : assumed ? "assumed"
            : owner.DefaultSourceFor(key, node);
        return (source, assumed ? Confidence.Assumed : confidence, note);
    }

    private string DefaultSourceFor(string key, YamlNode node)
    {
        if (_file.DefaultSource is null)
        {
            Report(node, PathOf(key), "has no source; write { value: …, source: key } or, for a guess, { value: …, assumed: true }");
        }

        return _file.DefaultSource ?? "";
    }

    private Quarter QuarterOf(string key, YamlNode node)
    {
        string text = ScalarOf(key, node) ?? "";
        if (!Units.Quarter.TryParse(text, out Quarter quarter))
        {
            Report(node, PathOf(key), $"found '{text}'; allowed: a quarter such as 2024Q1");
        }

        return quarter;
    }

    private YamlMap MapOf(string path, YamlNode node)
    {
        if (node is not YamlMappingNode mapping)
        {
            Report(node, path, "must be a map of 'key: value' lines");
            return Empty(path);
        }

        // A map read twice shares one reader, so that its known keys add up.
        if (!_children.TryGetValue(mapping, out YamlMap? child))
        {
            child = new YamlMap(_file, mapping, path);
            _children.Add(mapping, child);
        }

        return child;
    }

    // Stands in for a map that is missing or malformed; that is reported already, so its absent keys are not.
    private YamlMap Empty(string path) => new(_file, new YamlMappingNode(), path) { _isStandIn = true };

    private void RecordFact(string key, YamlNode node, string text, string source, Confidence confidence, string note) =>
        _file.Record(new WrittenFact(_file.Path, node.Start.Line, PathOf(key), text, source, confidence, note));

    private void Report(YamlNode node, string path, string message)
    {
        if (!_isStandIn)
        {
            _file.Report(new Diagnostic(_file.Path, node.Start.Line, node.Start.Column, path, message));
        }
    }
}
