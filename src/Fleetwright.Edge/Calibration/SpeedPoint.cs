namespace Fleetwright.Edge.Calibration;

/// <summary>One measured time and what the line predicts it from.</summary>
/// <param name="Id">Row.</param>
/// <param name="Chip">Title of the chip.</param>
/// <param name="Format">Quantisation.</param>
/// <param name="Architecture">Fine-tunes of one architecture share it.</param>
/// <param name="Weight">Overheads that the time holds: layers / 28 of a decode step, 1 of a prompt.</param>
/// <param name="IdealSeconds">Bytes over bandwidth, or operations over peak.</param>
/// <param name="Seconds">Measured; NaN in a question.</param>
internal sealed record SpeedPoint(string Id, string Chip, string Format, string Architecture, double Weight, double IdealSeconds, double Seconds)
{
    /// <summary>What is left out together: fine-tunes of one architecture on one chip in one format have identical timings and are one measurement.</summary>
    public string Group => $"{Architecture} | {Chip} | {Format}";
}
