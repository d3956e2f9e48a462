namespace Fleetwright.Edge.Predicting;

/// <summary>What a predicted row rests on.</summary>
public enum PredictionStatus
{
    /// <summary>The engine was measured on this chip; the band is its error on rows left out.</summary>
    Measured,

    /// <summary>The engine was measured on at least three other chips of the family; the band is its error on chips left out.</summary>
    Transferred,

    /// <summary>Nothing bounds the error; the band is a factor of two.</summary>
    Unmeasured,

    /// <summary>Weights are read from flash; the band is a factor of two.</summary>
    Pages,

    /// <summary>No engine of the catalogue or the calibration has this name: the speed of all engines on such units, with a factor of two.</summary>
    UnknownEngine,

    /// <summary>No chip of the catalogue has this name: the middle of the chips of such devices, with a factor of four.</summary>
    UnknownSoc,

    /// <summary>Neither the row nor the catalogue nor the model's name says how large the model is: no answer.</summary>
    NoSize,
}

/// <summary>Predicted speeds of one row, in tokens a second.</summary>
/// <param name="Status">What they rest on.</param>
/// <param name="PrefillRate">Of the prompt (of 512 tokens where the row states none); null without an answer.</param>
/// <param name="DecodeRate">Of the reply; null without an answer.</param>
/// <param name="Low">Lower end of the band of decode.</param>
/// <param name="High">Upper end.</param>
public readonly record struct RowPrediction(PredictionStatus Status, double? PrefillRate, double? DecodeRate, double? Low, double? High);
