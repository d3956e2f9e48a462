using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Placement;

/// <summary>A product whose turns are to be placed: its devices, what people ask of it, and what it promises.</summary>
public sealed record Product
{
    /// <summary>The name in reports.</summary>
    public required string Name { get; init; }

    /// <summary>The devices that it runs on; shares add up to 1.</summary>
    public required IReadOnlyList<ProductDevice> Devices { get; init; }

    /// <summary>Turns of one active user in a day.</summary>
    public required double TurnsPerUserPerDay { get; init; }

    /// <summary>Relative load by hour of the day (24 values); empty for an even day.</summary>
    public IReadOnlyList<double> HourCurve { get; init; } = [];

    /// <summary>Hours a day that the device is in use.</summary>
    public double HoursOfUsePerDay { get; init; } = 1;

    /// <summary>Prompt tokens, system prompt and history included.</summary>
    public required TokenLengths Prompt { get; init; }

    /// <summary>Reply tokens.</summary>
    public required TokenLengths Reply { get; init; }

    /// <summary>Classes of turns and where their data may go; shares add up to 1.</summary>
    public required IReadOnlyList<TurnClass> Classes { get; init; }

    /// <summary>What the product promises.</summary>
    public required ProductTargets Targets { get; init; }

    /// <summary>Load of the busiest hour over the mean of the day.</summary>
    public double PeakToMean => HourCurve.Count == 0 ? 1 : HourCurve.Max() / HourCurve.Average();
}

/// <summary>A device of a product.</summary>
public sealed record ProductDevice
{
    /// <summary>The device.</summary>
    public required Device Device { get; init; }

    /// <summary>Share of the product's users who have it.</summary>
    public required double Share { get; init; }

    /// <summary>Models that may run on it, best answers first; empty for none.</summary>
    public IReadOnlyList<LocalModel> Models { get; init; } = [];

    /// <summary>Name of the device's render load while in use; null for none.</summary>
    public string? RenderLoad { get; init; }

    /// <summary>The way to the cloud.</summary>
    public required NetworkProfile Network { get; init; }

    /// <summary>The phone that it is tethered to; null for none.</summary>
    public Device? Phone { get; init; }

    /// <summary>Models that may run on the phone, best answers first.</summary>
    public IReadOnlyList<LocalModel> PhoneModels { get; init; } = [];

    /// <summary>The way to the phone; needed when there is one.</summary>
    public NetworkProfile? Hop { get; init; }
}

/// <summary>A model that may run on a device.</summary>
/// <param name="Model">The model.</param>
/// <param name="Weights">Number format of its weights.</param>
/// <param name="Engine">The engine.</param>
/// <param name="Unit">The unit; null for the one with the fastest decode.</param>
/// <param name="InApp">Whether the engine runs inside an app framework.</param>
public sealed record LocalModel(ModelSpec Model, Dtype Weights, DeviceEngine Engine, ComputeUnitKind? Unit = null, bool InApp = false);

/// <summary>A class of turns.</summary>
/// <param name="Name">Such as <c>camera</c> or <c>account</c>.</param>
/// <param name="Share">Share of the product's turns.</param>
/// <param name="Allowed">Tiers that its data may reach.</param>
/// <param name="Spoken">Whether it is a voice turn; a text turn is judged by its first token.</param>
public sealed record TurnClass(string Name, double Share, Tiers Allowed, bool Spoken = true);

/// <summary>What a product promises.</summary>
/// <param name="VoiceToVoiceSeconds">End of speech to first sound at p95.</param>
/// <param name="FirstTokenSeconds">Sent text to first token at p95.</param>
/// <param name="BatteryHours">Hours of use from a full battery; 0 for no promise.</param>
public sealed record ProductTargets(double VoiceToVoiceSeconds, double FirstTokenSeconds, double BatteryHours = 0);
