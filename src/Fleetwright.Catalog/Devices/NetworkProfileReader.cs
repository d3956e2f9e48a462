using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Devices;

/// <summary>Reads <c>catalog/networks/*.yaml</c> and <c>catalog/voice/*.yaml</c>.</summary>
public static class NetworkProfileReader
{
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
            RoundTrip = Quantiles(root, "round_trip"),
            UplinkRate = root.Fact("uplink", Dimension.ByteRate, 1),
            DownlinkRate = root.Fact("downlink", Dimension.ByteRate, 1),
            ActivePower = radio.Fact("active_power", Dimension.Power),
            TailTime = radio.Fact("tail_time", Dimension.Time),
            TailPower = radio.Fact("tail_power", Dimension.Power),
            UplinkEnergyPerByte = radio.Fact("uplink_energy_per_byte", Dimension.Energy),
            DownlinkEnergyPerByte = radio.Fact("downlink_energy_per_byte", Dimension.Energy),
        };
    }

    /// <summary>Reads the stages of a voice turn.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static VoiceProfile ReadVoice(YamlFile file)
    {
        YamlMap root = file.Root;
        return new VoiceProfile
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            EndOfTurn = Quantiles(root, "end_of_turn"),
            CloudRecogniser = Quantiles(root, "cloud_recogniser"),
            CloudSynthesiser = Quantiles(root, "cloud_synthesiser"),
            NetworkBuffers = Quantiles(root, "network_buffers"),
            DeviceSpeechVariation = root.Fact("device_speech_variation", Dimension.Fraction, 0, 5),
            FirstPhraseTokens = root.Fact("first_phrase_tokens", Dimension.Count, 0, 1000),
            SpeakingRate = root.Fact("speaking_rate", Dimension.Count, 0.1),
            Utterance = root.Fact("utterance", Dimension.Time),
            BytesUp = root.Fact("bytes_up", Dimension.Bytes),
            BytesDown = root.Fact("bytes_down", Dimension.Bytes),
        };
    }

    // Keys are p5, p50, p99.9; values must rise with them.
    private static List<QuantilePoint> Quantiles(YamlMap owner, string key)
    {
        YamlMap map = owner.Map(key);
        var points = new List<QuantilePoint>();
        foreach (string name in map.Keys)
        {
            Fact value = map.Fact(name, Dimension.Time);
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

        if (points.Count == 0)
        {
            owner.Report(key, "needs at least one percentile, such as p50: 40 ms");
        }

        return points;
    }
}
