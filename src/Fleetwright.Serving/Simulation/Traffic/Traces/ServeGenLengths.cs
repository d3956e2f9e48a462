using System.Globalization;
using System.Text.Json;
using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Traffic.Randomness;

namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>
/// How long a client's prompts and answers are in one window. A prompt of a multimodal client is its text and the tokens of each image, sound and
/// video. Fields are drawn independently of each other, as the published marginals allow; a prompt or answer of 0 tokens counts as 1.
/// </summary>
internal sealed class ServeGenLengths
{
    private static readonly string[] Media = ["image", "audio", "video"];
    private readonly TokenCounts _text;
    private readonly TokenCounts _output;
    private readonly (TokenCounts Count, TokenCounts Tokens)[] _media;

    private ServeGenLengths(TokenCounts text, TokenCounts output, (TokenCounts Count, TokenCounts Tokens)[] media) => (_text, _output, _media) = (text, output, media);

    /// <summary>Mean tokens of a prompt.</summary>
    public double MeanPrompt => _text.Mean + _media.Sum(m => m.Count.Mean * m.Tokens.Mean);

    /// <summary>Mean tokens of an answer.</summary>
    public double MeanOutput => _output.Mean;

    /// <summary>Reads a window; null when it is idle.</summary>
    /// <exception cref="InputException">A field is missing or is no list of counts and shares.</exception>
    public static ServeGenLengths? Read(string file, JsonProperty window)
    {
        string textField = window.Value.TryGetProperty("input_tokens", out _) ? "input_tokens" : "text_tokens";
        TokenCounts? text = Field(textField), output = Field("output_tokens");
        var media = new List<(TokenCounts, TokenCounts)>();
        foreach (string medium in Media)
        {
            if (window.Value.TryGetProperty(medium + "_count", out _) && Field(medium + "_count") is { Mean: > 0 } count && Field(medium + "_tokens") is { } tokens)
            {
                media.Add((count, tokens));
            }
        }

        return text is null || output is null ? null : new ServeGenLengths(text, output, [.. media]);

        TokenCounts? Field(string name) => window.Value.TryGetProperty(name, out JsonElement value)
            ? TokenCounts.Parse(file, $"{window.Name}.{name}", value.GetString() ?? "")
            : throw new InputException([new Diagnostic(file, 0, 0, $"{window.Name}.{name}", $"the window has no such field; found: {string.Join(", ", window.Value.EnumerateObject().Select(p => p.Name))}")]);
    }

    public int Prompt(ref RandomStream random)
    {
        long tokens = _text.Next(ref random);
        foreach ((TokenCounts count, TokenCounts each) in _media)
        {
            for (int i = count.Next(ref random); i > 0; i--)
            {
                tokens += each.Next(ref random);
            }
        }

        return (int)Math.Clamp(tokens, 1, 1 << 30);
    }

    public int Output(ref RandomStream random) => Math.Max(1, _output.Next(ref random));

    private sealed class TokenCounts
    {
        private readonly int[] _values;
        private readonly AliasTable _table;

        private TokenCounts(int[] values, double[] weights)
        {
            (_values, _table) = (values, new AliasTable(weights));
            Mean = values.Zip(weights, (v, w) => v * w).Sum() / weights.Sum();
        }

        public double Mean { get; }

        // The text of a Python dictionary: {102: 0.0011, 103: 0.0119}.
        public static TokenCounts? Parse(string file, string field, string text)
        {
            ReadOnlySpan<char> inner = text.AsSpan().Trim();
            if (inner is not ['{', .., '}'])
            {
                throw Wrong(file, field, text);
            }

            inner = inner[1..^1].Trim();
            if (inner.Length == 0)
            {
                return null;
            }

            var values = new List<int>();
            var weights = new List<double>();
            foreach (Range range in inner.Split(','))
            {
                ReadOnlySpan<char> pair = inner[range];
                int colon = pair.IndexOf(':');
                if (colon < 0 || !int.TryParse(pair[..colon], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int value)
                    || !double.TryParse(pair[(colon + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out double weight) || weight is not (>= 0 and <= 1e18) || value > 1 << 26)
                {
                    throw Wrong(file, field, pair.ToString());
                }

                values.Add(value);
                weights.Add(weight);
            }

            return weights.Sum() > 0 ? new TokenCounts([.. values], [.. weights]) : throw Wrong(file, field, text);
        }

        public int Next(ref RandomStream random) => _values[_table.Next(ref random)];

        private static InputException Wrong(string file, string field, string found) =>
            new([new Diagnostic(file, 0, 0, field, $"found '{(found.Length > 100 ? found[..100] + "…" : found)}'; allowed: counts up to 67,108,864 and their shares, such as {{102: 0.4, 103: 0.6}}")]);
    }
}
