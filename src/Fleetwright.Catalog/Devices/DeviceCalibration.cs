namespace Fleetwright.Catalog.Devices;

/// <summary>Speeds of one engine on the chips that were measured, as <c>fleetwright calibrate</c> fits them. Equations: <c>docs/edge-devices.md</c>.</summary>
public sealed record DeviceCalibration
{
    /// <summary>The engine, or <c>any</c> for all engines together.</summary>
    public required string Name { get; init; }

    /// <summary>One entry a kind of unit and family.</summary>
    public required IReadOnlyList<CalibratedClass> Classes { get; init; }

    /// <summary>Speed after ten minutes; null when not measured.</summary>
    public SustainedFit? Sustained { get; init; }
}

/// <summary>A case that sheds less than the model draws: t = max(t₀, a·t₀ + b·bytes/bandwidth), t₀ the time of a cool case.</summary>
/// <param name="TimeShare">a: the engine's own watts over the watts that the case sheds above rest.</param>
/// <param name="ByteShare">b: joules per byte × bandwidth over the same watts.</param>
/// <param name="Rows">Rows behind it.</param>
/// <param name="Error">Mean absolute relative error of speed, each row left out.</param>
public sealed record SustainedFit(double TimeShare, double ByteShare, int Rows, double Error);

/// <summary>One engine on one family of compute units.</summary>
public sealed record CalibratedClass
{
    /// <summary>The kind of unit.</summary>
    public required ComputeUnitKind Unit { get; init; }

    /// <summary>The family of units, such as <c>arm-cpu</c>; <c>any</c> for all families together.</summary>
    public required string Family { get; init; }

    /// <summary>Decode: seconds a token are (c·layers/28 + (weights + κ·cache) / (η·bandwidth)) × deviations.</summary>
    public SpeedFit? Decode { get; init; }

    /// <summary>Prefill: seconds are o + operations / (e·peak) × deviations, at least one reading of the weights.</summary>
    public SpeedFit? Prefill { get; init; }

    /// <summary>Decode when the case is warm, over decode when it is cool; 1 when not measured.</summary>
    public double WarmFactor { get; init; } = 1;

    /// <summary>κ: seconds per byte of cache over seconds per byte of weights; of prefill attention: per operation.</summary>
    public double ContextFactor { get; init; } = 1;
}

/// <summary>A straight line of time over ideal time, and how chips, formats and models deviate from it.</summary>
public sealed record SpeedFit
{
    /// <summary>η or e: the share of bandwidth or peak that is reached.</summary>
    public required double Efficiency { get; init; }

    /// <summary>c (of 28 layers) or o, in seconds.</summary>
    public required double OverheadSeconds { get; init; }

    /// <summary>Rows behind it.</summary>
    public required int Rows { get; init; }

    /// <summary>Mean absolute relative error of speed with rows of one architecture on one chip left out together; null with too few rows.</summary>
    public double? Error { get; init; }

    /// <summary>The same with a whole chip left out; null with one chip.</summary>
    public double? TransferError { get; init; }

    /// <summary>Time over the line's, by chip (its title in <c>catalog/socs</c>).</summary>
    public required IReadOnlyDictionary<string, double> Chips { get; init; }

    /// <summary>The same by quantisation, such as <c>q4_0</c>.</summary>
    public required IReadOnlyDictionary<string, double> Formats { get; init; }

    /// <summary>The same by architecture.</summary>
    public required IReadOnlyDictionary<string, double> Models { get; init; }
}
