using System.Globalization;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Devices;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Placement;

/// <summary>
/// Places a product's turns on device, phone and cloud. A turn runs locally while its prompt is short enough to meet the
/// target (or to be no slower than the cloud), the context fits in memory and the class allows it; otherwise in the cloud if
/// the class allows that; otherwise locally however long it takes; and nowhere when no allowed tier can hold the model.
/// </summary>
public static class PlacementPlanner
{
    /// <summary>Decides for every device of a product.</summary>
    /// <param name="product">The product.</param>
    /// <param name="cloud">What the cloud answers with under the planned load.</param>
    /// <param name="voice">The stages of a spoken turn besides the model.</param>
    /// <exception cref="InputException">Shares do not add up to 1, a class allows no tier, a tether has no link, or a <see cref="DeviceModel"/> cannot be built.</exception>
    public static PlacementResult Decide(Product product, CloudService cloud, VoiceProfile voice)
    {
        Check(product);
        DevicePlacement[] devices = [.. product.Devices.Select(d => new DevicePlanner(product, d, cloud, voice).Decide())];
        TierShares shares = default;
        var prompts = new List<(double Weight, TokenLengths Lengths)>();
        foreach (DevicePlacement placement in devices)
        {
            shares = shares.Plus(placement.Shares.Times(placement.Device.Share));
            prompts.Add((placement.Device.Share * placement.Shares.Cloud, placement.CloudPrompt));
        }

        return new PlacementResult
        {
            Product = product,
            Devices = devices,
            Shares = shares,
            CloudPrompt = Pool(prompts, product.Prompt),
            Unservable = [.. devices.SelectMany(d => d.Policies.Where(p => p.Shares.Unservable > 1e-9).Select(p => string.Create(
                CultureInfo.InvariantCulture, $"{d.Device.Device.Title}, {p.Class.Name} turns ({p.Class.Share * p.Shares.Unservable * 100:0.#} % of its turns): {p.Reason}"))).Distinct()],
        };
    }

    /// <summary>Mean and coefficient of variation of a pool of length distributions; <paramref name="none"/> when all weights are nil.</summary>
    internal static TokenLengths Pool(IReadOnlyList<(double Weight, TokenLengths Lengths)> parts, TokenLengths none)
    {
        double weight = parts.Sum(p => p.Weight);
        if (weight < 1e-12)
        {
            return none;
        }

        double mean = parts.Sum(p => p.Weight * p.Lengths.Mean) / weight;
        double square = parts.Sum(p => p.Weight * p.Lengths.Mean * p.Lengths.Mean * (1 + (p.Lengths.Variation * p.Lengths.Variation))) / weight;
        return new TokenLengths(mean, Math.Sqrt(Math.Max(0, (square / (mean * mean)) - 1)));
    }

    private static void Check(Product product)
    {
        var problems = new List<Diagnostic>();
        CultureInfo culture = CultureInfo.InvariantCulture;
        double devices = product.Devices.Sum(d => d.Share);
        double classes = product.Classes.Sum(c => c.Share);
        if (Math.Abs(devices - 1) > 1e-6)
        {
            Add("devices", string.Create(culture, $"the shares add up to {devices:0.####}; they must add up to 1"));
        }

        if (Math.Abs(classes - 1) > 1e-6)
        {
            Add("classes", string.Create(culture, $"the shares add up to {classes:0.####}; they must add up to 1"));
        }

        foreach (TurnClass turns in product.Classes.Where(c => c.Allowed == Tiers.None))
        {
            Add(turns.Name, "its data may reach no tier, so it can run nowhere; allow device, phone or cloud");
        }

        foreach (ProductDevice device in product.Devices.Where(d => d.Phone is not null && d.Hop is null))
        {
            Add(device.Device.Name, "is tethered to a phone without a network between them");
        }

        if (product.HourCurve.Count is not (0 or 24) || product.HourCurve.Any(h => h < 0) || (product.HourCurve.Count > 0 && product.HourCurve.Sum() <= 0))
        {
            Add("hour curve", "needs 24 loads, none negative, not all nil");
        }

        if (problems.Count > 0)
        {
            throw new InputException(problems);
        }

        void Add(string field, string message) => problems.Add(new Diagnostic(product.Name, 0, 0, field, message));
    }
}
