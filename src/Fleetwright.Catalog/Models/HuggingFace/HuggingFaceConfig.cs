using Fleetwright.Catalog.Reading;

namespace Fleetwright.Catalog.Models.HuggingFace;

/// <summary>Reads the <c>config.json</c> of a Hugging Face model into a <see cref="ModelSpec"/>, or says why it cannot.</summary>
public static class HuggingFaceConfig
{
    /// <summary>Reads a file. The model is named after it: <c>org--model_config.json</c> is <c>org/model</c>, <c>model/config.json</c> is <c>model</c>.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">The file is missing, not JSON, lacks sizes, states absurd ones, or describes an architecture that is not read; every problem is listed with its key.</exception>
    public static ModelSpec Read(string path) => Parse(path, ConfigMap.ReadText(path));

    /// <summary>Reads <paramref name="text"/> as if it were the contents of <paramref name="path"/>.</summary>
    /// <exception cref="InputException">As <see cref="Read"/>.</exception>
    public static ModelSpec Parse(string path, string text)
    {
        ConfigMap root = ConfigMap.Parse(path, text);
        ConfigMap decoder = root.Map("text_config") ?? root.Map("llm_config") ?? root;
        string type = decoder.Text("model_type", root.Text("model_type"));
        if (Family.Refused.TryGetValue(type, out string? reason))
        {
            throw Refusal(path, $"'{type}' is not read: {reason}");
        }

        if (!Family.All.TryGetValue(type, out Family? family))
        {
            string found = type.Length == 0 ? "is missing" : $"found '{type}'{NearMiss.Suggestion(type, Family.All.Keys)}";
            throw Refusal(path, $"{found}; read are: {string.Join(", ", Family.All.Keys.Order(StringComparer.Ordinal))}");
        }

        string name = NameOf(path, root);
        int hidden = decoder.Size("hidden_size", ModelLimits.Hidden);
        var spec = new ModelSpec
        {
            Name = name,
            Title = name,
            Aliases = [],
            Vendor = name.Split('/') is [var owner, _, ..] ? owner : "",
            NativeDtype = NativeFormat.Of(root, decoder),
            Fp8Block = NativeFormat.Fp8Block(path, root, decoder),
            HiddenSize = hidden,
            VocabularySize = decoder.Size("vocab_size", ModelLimits.Vocabulary),
            MaximumContext = decoder.Size("max_position_embeddings", ModelLimits.Context),
            TiedEmbeddings = decoder.Flag("tie_word_embeddings", root.Flag("tie_word_embeddings", family.TiedByDefault)),
            NormsPerPart = family.NormsPerPart,
            Layers = Group(LayerReader.Read(decoder, type, family, hidden)),
            EncoderParameters = CountEncoder(root, family, hidden),
        };
        return root.Problems.Count == 0 ? spec : throw new InputException([.. root.Problems]);
    }

    private static InputException Refusal(string path, string message) => new([new Diagnostic(path, 0, 0, "model_type", message)]);

    private static long CountEncoder(ConfigMap root, Family family, int hidden)
    {
        if (root.Map("audio_config") is not null)
        {
            root.Report("audio_config", "audio encoders are not read");
        }

        if (root.Map("vision_config") is not { } vision)
        {
            return 0;
        }

        if (family.Vision == VisionTower.None)
        {
            root.Report("vision_config", "a vision tower of this model_type is not read");
            return 0;
        }

        return VisionTowers.Count(vision, family.Vision) + VisionTowers.IntoDecoder(vision, family.Vision, hidden);
    }

    // Equal layers together, in the order of their first one.
    private static LayerGroup[] Group(IReadOnlyList<(TokenMixer Mixer, FeedForward FeedForward)> layers) =>
        [.. layers.GroupBy(l => l).Select(g => new LayerGroup(g.Count(), g.Key.Mixer, g.Key.FeedForward))];

    private static string NameOf(string path, ConfigMap root)
    {
        const string Suffix = "_config.json";
        string file = Path.GetFileName(path);
        if (file.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) && file.Length > Suffix.Length)
        {
            return file[..^Suffix.Length].Replace("--", "/", StringComparison.Ordinal);
        }

        if (file.Equals("config.json", StringComparison.OrdinalIgnoreCase))
        {
            return Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path))) is { Length: > 0 } folder ? folder : root.Text("model_type", "model");
        }

        return Path.GetFileNameWithoutExtension(path);
    }
}
