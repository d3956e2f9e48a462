using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Devices;

/// <summary>Reads <c>catalog/networks/*.yaml</c> and <c>catalog/voice/*.yaml</c>.</summary>
public static class NetworkProfileReader
{
    /// <summary>Ways as files name their first stretch.</summary>
    public static IReadOnlyList<(string Name, NetworkAccess Value)> Accesses { get; } =
    [
        ("wifi", NetworkAccess.WiFi), ("lte", NetworkAccess.Lte), ("5g-nsa-low", NetworkAccess.NsaLowBand), ("5g-nsa-mmwave", NetworkAccess.NsaMmWave),
        ("5g-sa", NetworkAccess.Standalone), ("cellular", NetworkAccess.Cellular), ("ethernet", NetworkAccess.Wired), ("bluetooth", NetworkAccess.ShortRange),
    ];

    /// <summary>Reads a network profile.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static NetworkProfile Read(YamlFile file)
    {
        YamlMap root = file.Root;
        YamlMap radio = root.Map("radio");
        return new NetworkProfile
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Aliases = root.Texts("aliases"),
            Access = root.Choice("access", Accesses),
            DistanceKilometres = Distance(root),
            RoundTrip = Quantiles(root, "round_trip", Dimension.Time, 0, median: true),
            Uplink = Quantiles(root, "uplink", Dimension.ByteRate, 1, median: true),
            Downlink = Quantiles(root, "downlink", Dimension.ByteRate, 1, median: true),
            Loss = root.Fact("loss", Dimension.Fraction, 0, 0.9),
            ChangeTime = root.Fact("change_time", Dimension.Time),
            WakeTime = radio.Fact("wake_time", Dimension.Time),
            ActivePower = radio.Fact("active_power", Dimension.Power),
            TailTime = radio.Fact("tail_time", Dimension.Time),
            TailPower = radio.Fact("tail_power", Dimension.Power),
            UplinkEnergyPerByte = radio.Fact("uplink_energy_per_byte", Dimension.Energy),
            DownlinkEnergyPerByte = radio.Fact("downlink_energy_per_byte", Dimension.Energy),
        };
    }

    /// <summary>Reads the stages of a voice turn.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    /// <param name="recognisers">The recognisers that it may name.</param>
    public static VoiceProfile ReadVoice(YamlFile file, CatalogFolder<SpeechRecogniser> recognisers)
    {
        YamlMap root = file.Root;
        string named = root.Text("device_recogniser");
        SpeechRecogniser? recogniser = recognisers.Find(named);
        if (recogniser is null && named.Length > 0)
        {
            root.Report("device_recogniser", $"found '{named}'{NearMiss.Suggestion(named, recognisers.All.Select(r => r.Name))}; allowed: {string.Join(", ", recognisers.All.Select(r => r.Name))}");
        }

        return new VoiceProfile
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            EndOfTurn = Quantiles(root, "end_of_turn", Dimension.Time, 0),
            CloudRecogniser = Quantiles(root, "cloud_recogniser", Dimension.Time, 0),
            CloudSynthesiser = Quantiles(root, "cloud_synthesiser", Dimension.Time, 0),
            NetworkBuffers = Quantiles(root, "network_buffers", Dimension.Time, 0),
            DeviceRecogniser = recogniser,
            TranscriptTokens = root.Fact("transcript_tokens", Dimension.Count, 0, 1000),
            TranscriptVariation = root.Fact("transcript_variation", Dimension.Fraction, 0, 5),
            DeviceSpeechVariation = root.Fact("device_speech_variation", Dimension.Fraction, 0, 5),
            FirstPhraseTokens = root.Fact("first_phrase_tokens", Dimension.Count, 0, 1000),
            SpeakingRate = root.Fact("speaking_rate", Dimension.Count, 0.1),
            Utterance = root.Fact("utterance", Dimension.Time),
            BytesUp = root.Fact("bytes_up", Dimension.Bytes),
            BytesDown = root.Fact("bytes_down", Dimension.Bytes),
        };
    }

    private static (double Low, double High)? Distance(YamlMap root)
    {
        if (root.OptionalMap("distance_km") is not { } map)
        {
            return null;
        }

        (double low, double high) = (map.Quantity("low", Dimension.Count), map.Quantity("high", Dimension.Count));
        if (high < low)
        {
            map.Report("high", string.Create(CultureInfo.InvariantCulture, $"found {high:0.##}; allowed: {low:0.##} (low) or more"));
        }

        return (low, high);
    }

    // Keys are p5, p50, p99.9; values must rise with them.
    private static List<QuantilePoint> Quantiles(YamlMap owner, string key, Dimension dimension, double minimum, bool median = false)
    {
        YamlMap map = owner.Map(key);
        var points = new List<QuantilePoint>();
        foreach (string name in map.Keys)
        {
            Fact value = map.Fact(name, dimension, minimum);
            if (name.StartsWith('p') && double.TryParse(name.AsSpan(1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent) && percent is > 0 and < 100)
            {
                points.Add(new QuantilePoint(percent / 100, value));
            }
            else
            {
                map.Report(name, $"found '{name}'; allowed: a percentile such as p50 or p99.9");
            }
        }

        points.Sort((a, b) => a.Probability.CompareTo(b.Probability));
        for (int i = 1; i < points.Count; i++)
        {
            if (points[i].Value.Value < points[i - 1].Value.Value)
            {
                owner.Report(key, string.Create(CultureInfo.InvariantCulture, $"quantiles must rise: p{points[i].Probability * 100:0.##} lies below p{points[i - 1].Probability * 100:0.##}"));
            }
        }

        if (points.Count == 0 || (median && !points.Exists(p => p.Probability == 0.5)))
        {
            owner.Report(key, points.Count == 0 ? "needs at least one percentile, such as p50: …" : string.Create(CultureInfo.InvariantCulture, $"needs p50; found only {string.Join(", ", points.Select(p => $"p{p.Probability * 100:0.##}"))}"));
        }

        return points;
    }
}
