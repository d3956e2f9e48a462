using System.Globalization;
using System.Text;
using System.Text.Json;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Catalog.Models.HuggingFace;

/// <summary>
/// A JSON object of a <c>config.json</c>. Like <see cref="YamlMap"/>, each reading method reports what is wrong and returns a harmless
/// default, so that one pass finds every problem. Unknown keys are ignored: these files hold much that does not shape the model.
/// </summary>
internal sealed class ConfigMap
{
    private const long MaximumBytes = 8_000_000;
    private readonly string _file;
    private readonly string _path;
    private readonly JsonElement _json;
    private readonly List<Diagnostic> _problems;

    private ConfigMap(string file, string path, JsonElement json, List<Diagnostic> problems)
    {
        _file = file;
        _path = path;
        _json = json;
        _problems = problems;
    }

    public IReadOnlyList<Diagnostic> Problems => _problems;

    public static ConfigMap Parse(string file, string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(QuoteNonNumbers(text), new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new InputException(file, "the file must hold a JSON object, as a Hugging Face config.json does");
            }

            return new ConfigMap(file, "", document.RootElement.Clone(), []);
        }
        catch (JsonException e)
        {
            throw new InputException([new Diagnostic(file, (e.LineNumber ?? -1) + 1, (e.BytePositionInLine ?? -1) + 1, "", "not valid JSON: " + e.Message.Split(" LineNumber:")[0])]);
        }
    }

    public static string ReadText(string file)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > MaximumBytes } big)
            {
                throw new InputException(file, string.Create(CultureInfo.InvariantCulture, $"the file has {big.Length:#,0} bytes; at most {MaximumBytes:#,0} are read"));
            }

            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException(file, e is FileNotFoundException or DirectoryNotFoundException ? "no such file" : e.Message);
        }
    }

    public bool Has(string key) => Find(key) is not null;

    public ConfigMap? Map(string key) => Find(key) is { ValueKind: JsonValueKind.Object } json ? new ConfigMap(_file, PathOf(key), json, _problems) : null;

    public string Text(string key, string absent = "") => Find(key) is { ValueKind: JsonValueKind.String } json ? json.GetString() ?? absent : absent;

    /// <summary>A whole number from 1 to <paramref name="maximum"/> that must be there.</summary>
    public int Size(string key, int maximum)
    {
        if (Has(key))
        {
            return Integer(key, 1, 1, maximum);
        }

        Report(key, "is missing");
        return 1;
    }

    /// <summary>The first of <paramref name="keys"/> that is there, which one must be.</summary>
    public int SizeOfAny(int maximum, params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            if (Has(key))
            {
                return Size(key, maximum);
            }
        }

        Report(keys[0], $"is missing (also looked for: {string.Join(", ", keys[1..])})");
        return 1;
    }

    public int Integer(string key, int absent, int minimum, int maximum)
    {
        if (Find(key) is not { } json)
        {
            return absent;
        }

        if (json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out double value) && value == Math.Floor(value) && value >= minimum && value <= maximum)
        {
            return (int)value;
        }

        Report(key, string.Create(CultureInfo.InvariantCulture, $"found {Short(json)}; allowed: a whole number from {minimum:#,0} to {maximum:#,0}"));
        return Math.Max(1, minimum);
    }

    /// <summary>A number that must be there.</summary>
    public double Number(string key, double minimum, double maximum)
    {
        if (Find(key) is { ValueKind: JsonValueKind.Number } json && json.TryGetDouble(out double value) && value >= minimum && value <= maximum)
        {
            return value;
        }

        Report(key, string.Create(CultureInfo.InvariantCulture, $"{(Find(key) is { } found ? "found " + Short(found) : "is missing")}; allowed: a number from {minimum} to {maximum}"));
        return minimum;
    }

    public bool Flag(string key, bool absent = false)
    {
        switch (Find(key))
        {
            case null:
                return absent;
            case { ValueKind: JsonValueKind.True }:
                return true;
            case { ValueKind: JsonValueKind.False }:
                return false;
            case { } json:
                Report(key, $"found {Short(json)}; allowed: true, false");
                return absent;
        }
    }

    /// <summary>The elements of a list; null when the key is absent, null or not a list.</summary>
    public IReadOnlyList<JsonElement>? List(string key) => Find(key) is { ValueKind: JsonValueKind.Array } json ? [.. json.EnumerateArray()] : null;

    /// <summary>A list that must have one element a layer; null when the key is absent.</summary>
    public IReadOnlyList<JsonElement>? PerLayer(string key, int layers)
    {
        if (List(key) is not { } list)
        {
            return null;
        }

        // A multi-token-prediction layer may have an element at the end.
        if (list.Count < layers)
        {
            Report(key, $"has {list.Count} elements for {layers} layers");
            return null;
        }

        return list;
    }

    public IReadOnlyList<ConfigMap> Maps(string key) => List(key) is { } list
        ? [.. list.Select((e, i) => new ConfigMap(_file, string.Create(CultureInfo.InvariantCulture, $"{PathOf(key)}[{i}]"), e, _problems))]
        : [];

    public void Report(string key, string message) => _problems.Add(new Diagnostic(_file, 0, 0, PathOf(key), message));

    private static string Short(JsonElement json)
    {
        string text = json.GetRawText();
        return text.Length > 40 ? text[..40] + "…" : text;
    }

    private JsonElement? Find(string key) =>
        _json.ValueKind == JsonValueKind.Object && _json.TryGetProperty(key, out JsonElement json) && json.ValueKind != JsonValueKind.Null ? json : null;

    private string PathOf(string key) => _path.Length == 0 ? key : key.Length == 0 ? _path : $"{_path}.{key}";

    // Python writes NaN and Infinity bare, which JSON does not have; quoted, they are refused only where a number is wanted.
    private static string QuoteNonNumbers(string text)
    {
        if (!text.Contains("NaN", StringComparison.Ordinal) && !text.Contains("Infinity", StringComparison.Ordinal))
        {
            return text;
        }

        var quoted = new StringBuilder(text.Length + 16);
        bool inText = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (inText && c == '\\' && i + 1 < text.Length)
            {
                quoted.Append(c).Append(text[++i]);
                continue;
            }

            inText ^= c == '"';
            string? word = inText ? null : Array.Find(NonNumbers, w => string.CompareOrdinal(text, i, w, 0, w.Length) == 0);
            if (word is null)
            {
                quoted.Append(c);
            }
            else
            {
                quoted.Append('"').Append(word).Append('"');
                i += word.Length - 1;
            }
        }

        return quoted.ToString();
    }

    private static readonly string[] NonNumbers = ["-Infinity", "Infinity", "NaN"];
}
