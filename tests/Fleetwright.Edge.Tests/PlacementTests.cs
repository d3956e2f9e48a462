using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Tests;

public sealed class PlacementTests
{
    private static readonly CloudService s_cloud = new(LatencyDistribution.FromQuantiles((0.5, 0.25), (0.99, 0.8)), 0.02, "llama-3-70b");

    private static readonly TurnClass s_open = new("open", 1, Tiers.Device | Tiers.Phone | Tiers.Cloud);

    [Fact]
    public void Shares_add_up_to_one_and_the_cloud_gets_the_longer_prompts()
    {
        PlacementResult result = Decide(Phone(), [s_open], new ProductTargets(1.6, 1));
        TierShares s = result.Shares;
        Assert.Equal(1, s.Device + s.Phone + s.Cloud + s.Unservable, 1e-9);
        Assert.InRange(s.Device, 0.05, 0.95);
        Assert.True(result.CloudPrompt.Mean > 400);
        Assert.Equal(20 * s.Cloud, result.CloudTurnsPerUserPerDay, 1e-9);
    }

    [Fact]
    public void A_tighter_voice_target_keeps_no_more_on_the_device()
    {
        double before = 1.1;
        foreach (double target in new[] { 4.0, 2.5, 1.8, 1.5, 1.2, 0.9 })
        {
            double share = Decide(Phone(), [s_open], new ProductTargets(target, 1)).Shares.Device;
            Assert.True(share <= before + 1e-12);
            before = share;
        }
    }

    [Fact]
    public void A_privacy_rule_keeps_no_less_on_the_device()
    {
        var targets = new ProductTargets(1.5, 1);
        double open = Decide(Phone(), [s_open], targets).Shares.Device;
        double ruled = Decide(Phone(), [s_open with { Share = 0.7 }, new TurnClass("camera", 0.3, Tiers.Device)], targets).Shares.Device;
        Assert.True(ruled >= open);
        Assert.True(ruled >= 0.29);
    }

    [Fact]
    public void The_flip_point_is_where_device_and_cloud_are_equally_fast()
    {
        DevicePlacement placement = Decide(Phone(), [s_open], new ProductTargets(0.1, 0.1)).Devices[0];
        LocalOption option = placement.OnDevice!;
        double flip = option.FlipPointTokens;
        Assert.InRange(flip, 1, 20_000);
        var model = new Devices.DeviceModel(Shipped.Device("snapdragon-8-elite-phone"), Shipped.Engine("genie"), null, Shipped.Model("llama-3.2-3b"), Dtype.Int4);
        double cloud = placement.CloudVoice.Total.Quantile(0.95);
        Assert.True(VoiceTurn.Local(Shipped.Voice, model, _ => flip).Total.Quantile(0.95) <= cloud * 1.01);
        Assert.True(VoiceTurn.Local(Shipped.Voice, model, _ => flip + 129).Total.Quantile(0.95) >= cloud * 0.99);
        // Nothing meets so tight a target, so turns stay exactly while the device is no slower than the cloud.
        Assert.Equal(flip, placement.Policies[0].ThresholdTokens, 1.0);
    }

    [Fact]
    public void Turns_that_may_not_leave_glasses_are_unservable_and_say_by_how_much()
    {
        ProductDevice glasses = new()
        {
            Device = Shipped.Device("ray-ban-meta"),
            Share = 1,
            Models = [Local("llama-3.2-1b", "executorch")],
            Network = Network("5g-low-band-regional"),
        };
        PlacementResult result = Decide(glasses, [s_open with { Share = 0.8 }, new TurnClass("camera", 0.2, Tiers.Device)], new ProductTargets(2, 1));
        Assert.Equal(0.2, result.Shares.Unservable, 1e-9);
        Assert.Equal(0.8, result.Shares.Cloud, 1e-9);
        Assert.Contains("GiB short", Assert.Single(result.Unservable), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tethered_phone_answers_what_glasses_cannot_hold()
    {
        ProductDevice glasses = new()
        {
            Device = Shipped.Device("ray-ban-meta"),
            Share = 1,
            Models = [Local("llama-3.2-1b", "executorch")],
            Network = Network("5g-low-band-regional"),
            Phone = Shipped.Device("snapdragon-8-elite-phone"),
            PhoneModels = [Local("llama-3.2-3b", "genie")],
            Hop = Network("phone-link"),
        };
        PlacementResult result = Decide(glasses, [s_open with { Share = 0.8 }, new TurnClass("camera", 0.2, Tiers.Device | Tiers.Phone)], new ProductTargets(2.5, 1));
        Assert.Equal(0, result.Shares.Unservable);
        Assert.True(result.Shares.Phone > 0.2);
        Assert.NotNull(result.Devices[0].PhoneVoice);
        Assert.Contains(result.Devices[0].PhoneVoice!.Stages, s => s.Name == "link to phone");
    }

    [Fact]
    public void A_faster_cloud_takes_no_fewer_turns()
    {
        var targets = new ProductTargets(0.5, 0.5);
        double slow = Decide(Phone(), [s_open], targets, s_cloud with { TimeToFirstToken = LatencyDistribution.Constant(2) }).Shares.Cloud;
        double fast = Decide(Phone(), [s_open], targets, s_cloud with { TimeToFirstToken = LatencyDistribution.Constant(0.1) }).Shares.Cloud;
        Assert.True(fast >= slow);
    }

    [Fact]
    public void The_stages_of_a_budget_add_up_to_the_mean_turn()
    {
        VoiceTurn turn = Decide(Phone(), [s_open], new ProductTargets(2, 1)).Devices[0].CloudVoice;
        Assert.Equal(turn.Total.Mean, turn.Stages.Sum(s => s.Seconds.Mean), 1e-9);
    }

    [Fact]
    public void All_mistakes_of_a_product_are_told_at_once()
    {
        InputException e = Assert.Throws<InputException>(() => Decide(Phone() with { Share = 0.5 }, [s_open with { Allowed = Tiers.None, Share = 0.5 }], new ProductTargets(1, 1)));
        Assert.Equal(3, e.Diagnostics.Count);
    }

    private static ProductDevice Phone() => new()
    {
        Device = Shipped.Device("snapdragon-8-elite-phone"),
        Share = 1,
        Models = [Local("llama-3.2-3b", "genie")],
        Network = Network("5g-low-band-regional"),
    };

    private static LocalModel Local(string model, string engine) => new(Shipped.Model(model), Dtype.Int4, Shipped.Engine(engine));

    private static NetworkProfile Network(string name) => Shipped.Catalog.Networks.Get(name);

    private static PlacementResult Decide(ProductDevice device, IReadOnlyList<TurnClass> classes, ProductTargets targets, CloudService? cloud = null) =>
        PlacementPlanner.Decide(
            new Product
            {
                Name = "assistant",
                Devices = [device],
                TurnsPerUserPerDay = 20,
                Prompt = new TokenLengths(800, 1),
                Reply = new TokenLengths(80, 0.6),
                Classes = classes,
                Targets = targets,
            },
            cloud ?? s_cloud, Shipped.Voice);
}
