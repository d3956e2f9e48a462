using Fleetwright.Edge.Networks;

namespace Fleetwright.Edge.Turns;

/// <summary>A turn, from the end of speech (or the sent text) to the first sound (or token) of the answer, and what it costs the device.</summary>
public sealed class Turn
{
    private readonly NetworkPath? _path;
    private readonly double _modelJoules;

    internal Turn(IReadOnlyList<TurnStage> stages, LatencyDistribution total, double modelJoules, NetworkPath? path, double exchangeSeconds, double bytesUp, double bytesDown)
    {
        Stages = stages;
        Total = total;
        _modelJoules = modelJoules;
        _path = bytesUp + bytesDown > 0 ? path : null;
        ExchangeSeconds = exchangeSeconds;
        BytesUp = bytesUp;
        BytesDown = bytesDown;
    }

    /// <summary>The stages in order. Their means add up to that of <see cref="Total"/>.</summary>
    public IReadOnlyList<TurnStage> Stages { get; }

    /// <summary>All stages together: those over the network strike together, the others are independent.</summary>
    public LatencyDistribution Total { get; }

    /// <summary>Joules that the turn takes from the device, above what it draws without it, when no other turn follows: the model if it runs there, and the radio with its whole tail.</summary>
    public double DeviceJoules => DeviceJoulesWithGap(double.PositiveInfinity);

    /// <summary>Seconds that the device's radio is in use: from the first byte that leaves it to the last of the reply. 0 when nothing leaves it.</summary>
    public double ExchangeSeconds { get; }

    /// <summary>Bytes that leave the device.</summary>
    public double BytesUp { get; }

    /// <summary>Bytes that reach the device.</summary>
    public double BytesDown { get; }

    /// <summary><see cref="DeviceJoules"/> when the next turn comes <paramref name="gapSeconds"/> after the end of this one and shares the radio's tail.</summary>
    public double DeviceJoulesWithGap(double gapSeconds) => _modelJoules + (_path?.TurnJoules(ExchangeSeconds, BytesUp, BytesDown, gapSeconds) ?? 0);
}
