using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Cloud;
using Fleetwright.Edge.Devices;
using Fleetwright.Edge.Networks;
using Fleetwright.Edge.Turns;
using Fleetwright.Hardware.Tables;
using Fleetwright.Testing;

namespace Fleetwright.Edge.Tests;

public sealed class TurnTests
{
    private static readonly TurnShape s_spoken = new(TurnKind.Voice, new TokenLengths(600, 0.8), 0.5, new TokenLengths(80, 0.5));
    private static readonly CloudLatency s_cloud = CloudLatency.Fixed(LatencyDistribution.LogNormal(0.25, 0.5), 0.02, 2);
    private static readonly NetworkPath s_path = new(Shipped.Catalog.Networks.Get("5g-low-band-regional"));
    private static readonly NetworkPath s_tethered = new(Shipped.Catalog.Networks.Get("5g-low-band-regional"), Shipped.Catalog.Networks.Get("phone-link"));

    private static readonly DeviceModel s_local = new(
        Shipped.Device("snapdragon-8-elite-phone"), Shipped.Engine("genie"), null, Shipped.Model("llama-3.2-3b"), Dtype.Int4);

    private static readonly LocalSpeech s_speech = LocalSpeech.Of(Shipped.Device("oneplus-12"), Shipped.Voice)!;

    public static TheoryData<Tiers, Tiers, Tiers> Places
    {
        get
        {
            var places = new TheoryData<Tiers, Tiers, Tiers>();
            Tiers[] tiers = [Tiers.Device, Tiers.Phone, Tiers.Edge, Tiers.Cloud];
            foreach (Tiers recognise in tiers)
            {
                foreach (Tiers model in tiers)
                {
                    foreach (Tiers speak in tiers)
                    {
                        places.Add(recognise, model, speak);
                    }
                }
            }

            return places;
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void Any_stage_runs_on_any_tier_and_the_stages_means_add_up(Tiers recognise, Tiers model, Tiers speak)
    {
        Turn turn = TurnPipeline.Build(s_spoken, new StageTiers(recognise, model, speak), Shipped.Voice, s_local, s_cloud, s_tethered, speech: s_speech);
        Assert.Equal(turn.Stages.Sum(s => s.Seconds.Mean), turn.Total.Mean, 1e-9);
        Assert.Equal(recognise, turn.Stages.Single(s => s.Name == "speech to text").Tier);
        Assert.Equal(model, turn.Stages.Single(s => s.Name == "first token").Tier);
        Assert.Equal(speak, turn.Stages.Single(s => s.Name == "text to speech").Tier);

        // What leaves the device comes back to it, over every link as often.
        Assert.Equal(turn.Stages.Count(s => s.Name == "link up"), turn.Stages.Count(s => s.Name == "link down"));
        Assert.Equal(turn.Stages.Count(s => s.Name == "network up"), turn.Stages.Count(s => s.Name == "network down"));
        bool leaves = recognise != Tiers.Device || model != Tiers.Device || speak != Tiers.Device;
        Assert.Equal(leaves, turn.BytesUp > 0);
        Assert.Equal(leaves, turn.ExchangeSeconds > 0);
    }

    [Fact]
    public void A_turn_on_the_device_sends_nothing_and_costs_the_models_joules()
    {
        Turn turn = TurnPipeline.Build(s_spoken, StageTiers.All(Tiers.Device), Shipped.Voice, s_local, null, null);
        Assert.Equal(0, turn.BytesUp + turn.BytesDown + turn.ExchangeSeconds);
        Assert.Equal(s_local.TurnJoules(600, 300, 80), turn.DeviceJoules, 0.001 * turn.DeviceJoules);
    }

    // Everything through the cloud: one round trip, no matter how the two ways are cut.
    [Fact]
    public void The_two_ways_of_a_turn_make_one_round_trip()
    {
        var path = new NetworkPath(s_path.Profile with { Loss = Fact.Of(0, "made up") });
        Turn turn = TurnPipeline.Build(s_spoken, StageTiers.All(Tiers.Cloud), Shipped.Voice, null, s_cloud, path);
        double mean = LatencyDistribution.FromQuantiles(path.Profile.RoundTrip).Mean;
        Assert.Equal(mean, turn.Stages.Where(s => s.Name.StartsWith("network", StringComparison.Ordinal)).Sum(s => s.Seconds.Mean), 1e-9);
    }

    // Speech in the cloud and the model on the phone crosses the network four times. All legs are slow together: their tail is longer than that of independent ones.
    [Fact]
    public void Legs_over_one_radio_are_slow_together()
    {
        var path = new NetworkPath(Shipped.Catalog.Networks.Get("5g-busy-driving"));
        VoiceProfile voice = Shipped.Voice;
        Turn turn = TurnPipeline.Build(s_spoken, new StageTiers(Tiers.Cloud, Tiers.Device, Tiers.Cloud), voice, s_local, null, path);
        TurnStage[] legs = [.. turn.Stages.Where(s => s.Name.StartsWith("network", StringComparison.Ordinal))];
        Assert.Equal(4, legs.Length);
        LatencyDistribution independent = LatencyDistribution.Zero;
        foreach (TurnStage stage in turn.Stages)
        {
            independent = independent.Plus(stage.Seconds);
        }

        Assert.Equal(independent.Mean, turn.Total.Mean, 1e-9);
        Assert.True(turn.Total.Quantile(0.99) > independent.Quantile(0.99) * 1.02);
        Assert.Equal(4 * legs[0].Seconds.Quantile(0.99), legs.Aggregate(LatencyDistribution.Zero, (sum, leg) => sum.PlusComonotone(leg.Seconds)).Quantile(0.99), 0.01);
    }

    // asr_stage_latency.csv, the stand-in for XR2 Gen 2: 98 ms and 5.1 ms a token; 15 tokens in the mean.
    [Fact]
    public void Speech_to_text_is_an_encoder_and_the_transcripts_tokens()
    {
        IReadOnlyList<CsvRow> rows = CsvTable.Read(Repository.SharedData("devices", "asr_stage_latency.csv")).Rows;
        double Of(string stage) => rows.Single(r => r["model"] == "whisper_base" && r["device"] == "QCS8450 (Proxy)" && r["stage"].StartsWith(stage, StringComparison.Ordinal)).Number("latency_ms") / 1e3;
        LocalSpeech speech = LocalSpeech.Of(Shipped.Device("quest-3"), Shipped.Voice)!;
        Assert.Equal(Of("encoder") + 15 * Of("decoder"), speech.Recogniser.Mean, 0.0005);
        Assert.True(speech.Recogniser.Quantile(0.001) > Of("encoder"));
    }

    [Fact]
    public void Recognisers_are_the_measured_rows()
    {
        int compared = 0;
        foreach (CsvRow row in CsvTable.Read(Repository.SharedData("devices", "asr_stage_latency.csv")).Rows)
        {
            SpeechRecogniser recogniser = Shipped.Catalog.Recognisers.Get(row["model"].Replace('_', '-'));
            if (recogniser.Chips.FirstOrDefault(c => c.MeasuredOn == row["device"]) is { } speed)
            {
                Assert.Equal(row.Number("latency_ms") / 1e3, (row["stage"].StartsWith("encoder", StringComparison.Ordinal) ? speed.Encoder : speed.PerToken).Value, 1e-9);
                compared++;
            }
        }

        Assert.Equal(4 * 7 * 2, compared);
    }

    // torchvision's vit_b_16: 17.56 G multiply-adds at 224 pixels (docs/vision/models, _ops), with 197 places: 14 × 14 patches and the class token.
    [Fact]
    public void Operations_of_a_vision_transformer_are_the_published_count()
    {
        VisionEncoder base16 = Shipped.Catalog.VisionEncoders.Get("siglip-so400m-224") with
        {
            Layers = Fact.Of(12, "config"),
            Width = Fact.Of(768, "config"),
            FeedForward = Fact.Of(3072, "config"),
            Patches = Fact.Of(197, "config"),
        };
        Assert.Equal(17.56e9, base16.Operations / 2, 0.01 * 17.56e9);
    }

    [Fact]
    public void A_camera_turn_sends_its_image_and_reads_its_tokens()
    {
        VisionEncoder encoder = Shipped.Catalog.VisionEncoders.Get("siglip-so400m-384");
        TurnShape seen = s_spoken.WithImage(encoder, 3.2e9);
        Assert.Equal(TurnKind.Camera, seen.Kind);
        Turn spoken = TurnPipeline.Build(s_spoken, StageTiers.All(Tiers.Device), Shipped.Voice, s_local, null, null);
        Turn local = TurnPipeline.Build(seen, StageTiers.All(Tiers.Device), Shipped.Voice, s_local, null, null);
        TurnStage encode = local.Stages.Single(s => s.Name == "image to tokens");

        // As many operations as so many tokens of the language model take, each 2 × its parameters.
        Assert.Equal(s_local.PrefillSeconds(encoder.Operations / (2 * 3.2e9), 0), encode.Seconds.Mean, 1e-9);
        Assert.True(local.Total.Mean - spoken.Total.Mean > encode.Seconds.Mean);
        Assert.True(local.DeviceJoules > spoken.DeviceJoules);

        // Sent at 72.4 Mb/s in the median, 300 kB take 33 ms more than the speech, which is sent while it is spoken (on-device-xr.md 3: 28 to 90 ms).
        var path = new NetworkPath(s_path.Profile with { Loss = Fact.Of(0, "made up") });
        Turn up = TurnPipeline.Build(seen, StageTiers.All(Tiers.Cloud), Shipped.Voice, null, s_cloud, path);
        Turn plain = TurnPipeline.Build(s_spoken, StageTiers.All(Tiers.Cloud), Shipped.Voice, null, s_cloud, path);
        double longer = up.Stages.Single(s => s.Name == "network up").Seconds.Quantile(0.5) - plain.Stages.Single(s => s.Name == "network up").Seconds.Quantile(0.5);
        Assert.Equal(300e3 * 8 / 72.4e6, longer, 0.0005);
        Assert.Equal(300e3, up.BytesUp - plain.BytesUp, 1e-6);
    }

    [Fact]
    public void A_typed_turn_ends_at_its_first_token_and_waits_for_a_radio_at_rest()
    {
        TurnShape typed = s_spoken with { Kind = TurnKind.Text };
        Turn asleep = TurnPipeline.Build(typed, StageTiers.All(Tiers.Cloud), null, null, s_cloud, s_path);
        Turn awake = TurnPipeline.Build(typed, StageTiers.All(Tiers.Cloud), null, null, s_cloud, s_path, radioAwake: true);
        Assert.Equal(["radio wakes", "network up", "queue", "first token", "network down"], asleep.Stages.Select(s => s.Name));
        Assert.Equal(s_path.Profile.WakeTime.Value, asleep.Total.Mean - awake.Total.Mean, 1e-9);
        Turn local = TurnPipeline.Build(typed, StageTiers.All(Tiers.Device), null, s_local, null, null);
        Assert.Equal(["first token"], local.Stages.Select(s => s.Name));
    }

    [Fact]
    public void A_cached_share_is_not_read_again()
    {
        Turn none = TurnPipeline.Build(s_spoken with { CachedShare = 0 }, StageTiers.All(Tiers.Device), Shipped.Voice, s_local, null, null);
        Turn most = TurnPipeline.Build(s_spoken with { CachedShare = 0.9 }, StageTiers.All(Tiers.Device), Shipped.Voice, s_local, null, null);
        Assert.True(most.Total.Mean < none.Total.Mean);
        Assert.True(most.DeviceJoules < none.DeviceJoules);
    }

    [Fact]
    public void Prompts_are_parted_at_a_threshold_and_the_whole_mean_comes_back()
    {
        const double threshold = 500;
        CloudLatency cloud = CloudLatency.Of(CloudLatencyTests.Replica, CloudLatencyTests.Work, 1)!;
        double Reading(double longest, double shortest)
        {
            Turn turn = TurnPipeline.Build(s_spoken, StageTiers.All(Tiers.Cloud), Shipped.Voice, null, cloud, s_path, longest, shortest);
            return turn.Stages.Single(s => s.Name == "first token").Seconds.Mean;
        }

        double share = s_spoken.Prompt.ShareUpTo(threshold);
        double whole = Reading(double.PositiveInfinity, 0);
        Assert.Equal(whole, share * Reading(threshold, 0) + (1 - share) * Reading(double.PositiveInfinity, threshold), 0.005 * whole);
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        Assert.Contains("model is to run", Assert.Throws<ArgumentException>(() => TurnPipeline.Build(s_spoken, StageTiers.All(Tiers.Device), Shipped.Voice, null, null, null, speech: s_speech)).Message, StringComparison.Ordinal);
        Assert.Contains("no service", Assert.Throws<ArgumentException>(() => TurnPipeline.Build(s_spoken, new(Tiers.Device, Tiers.Cloud, Tiers.Device), Shipped.Voice, s_local, null, s_path)).Message, StringComparison.Ordinal);
        Assert.Contains("no way", Assert.Throws<ArgumentException>(() => TurnPipeline.Build(s_spoken, StageTiers.All(Tiers.Cloud), Shipped.Voice, null, s_cloud, null)).Message, StringComparison.Ordinal);
        Assert.Contains("no hop", Assert.Throws<ArgumentException>(() => TurnPipeline.Build(s_spoken, StageTiers.All(Tiers.Phone), Shipped.Voice, s_local, null, s_path)).Message, StringComparison.Ordinal);
        Assert.Contains("no speech stages", Assert.Throws<ArgumentException>(() => TurnPipeline.Build(s_spoken, new(Tiers.Device, Tiers.Cloud, Tiers.Device), Shipped.Voice, null, s_cloud, s_path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_stages_print_as_rows()
    {
        Turn turn = TurnPipeline.Build(s_spoken, StageTiers.All(Tiers.Cloud), Shipped.Voice, null, s_cloud, s_path);
        IReadOnlyList<IReadOnlyList<string>> rows = TurnText.Rows(turn);
        Assert.Equal(turn.Stages.Count + 1, rows.Count);
        Assert.All(rows, r => Assert.Equal(TurnText.Columns.Count, r.Count));
        Assert.Equal("device", rows[0][1]);
        Assert.Equal("whole turn", rows[^1][0]);
    }
}
