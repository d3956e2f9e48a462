using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Edge.Devices;

/// <summary>
/// One model split over two units of a device: one reads the prompt, the other writes the reply, as where an NPU reads faster and the CPU writes
/// faster. The cache of the prompt is handed over through the memory that both share. Equations and sources: <c>docs/edge-devices.md</c>.
/// </summary>
public sealed class SplitModel : ILocalInference
{
    private readonly DeviceModel _reader;
    private readonly DeviceModel _writer;
    private readonly double _secondsPerCacheByte;

    /// <summary>Prepares a split.</summary>
    /// <param name="reader">What reads prompts.</param>
    /// <param name="writer">What writes replies; the same model on the same device.</param>
    /// <exception cref="InputException">The two are not the same model on the same device, or run on one unit.</exception>
    public SplitModel(DeviceModel reader, DeviceModel writer)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(writer);
        if (reader.Device.Name != writer.Device.Name || reader.ModelName != writer.ModelName)
        {
            throw new InputException(reader.ModelName, $"a split reads and writes one model on one device; found {reader.Name} on {reader.Device.Title} and {writer.Name} on {writer.Device.Title}");
        }

        if (reader.Unit.Kind == writer.Unit.Kind)
        {
            throw new InputException(reader.ModelName, $"a split needs two units; both halves run on the {reader.Unit.Title}");
        }

        _reader = reader;
        _writer = writer;
        // Read by one unit and written for the other; the slower of their paths sets the rate.
        _secondsPerCacheByte = 2 / Math.Min(UnitSelection.BandwidthOf(reader.Device, reader.Unit).Value, UnitSelection.BandwidthOf(writer.Device, writer.Unit).Value);
    }

    /// <inheritdoc/>
    public string Name => $"{_writer.ModelName}, prompts by {_reader.Engine.Title} on the {_reader.Unit.Title}, replies by {_writer.Engine.Title} on the {_writer.Unit.Title}";

    /// <inheritdoc/>
    public Device Device => _writer.Device;

    /// <inheritdoc/>
    public double MaximumContext => Math.Min(_reader.MaximumContext, _writer.MaximumContext);

    /// <summary>The less sure of the two halves; handing over was measured nowhere, so never better than the halves.</summary>
    public EstimateBasis Basis => (EstimateBasis)Math.Max((int)_reader.Basis, (int)_writer.Basis);

    /// <inheritdoc/>
    public double BandFactor => Math.Max(_reader.BandFactor, _writer.BandFactor);

    /// <summary>The reader's time and the copy of the fresh tokens' keys and values.</summary>
    public double PrefillSeconds(double promptTokens, double cachedTokens) =>
        _reader.PrefillSeconds(promptTokens, cachedTokens) + HandOverSeconds(promptTokens, cachedTokens);

    /// <summary>Seconds in which the keys and values of the fresh prompt tokens are read by one unit and written for the other.</summary>
    public double HandOverSeconds(double promptTokens, double cachedTokens) =>
        Math.Max(0, _writer.CacheBytes(promptTokens) - _writer.CacheBytes(cachedTokens)) * _secondsPerCacheByte;

    /// <inheritdoc/>
    public double DecodeSeconds(double contextTokens) => _writer.DecodeSeconds(contextTokens);

    /// <inheritdoc/>
    public double TurnJoules(double promptTokens, double cachedTokens, double replyTokens) =>
        _reader.PrefillJoules(promptTokens, cachedTokens)
        + ((_writer.CacheBytes(promptTokens) - _writer.CacheBytes(cachedTokens)) * (_reader.Unit.EnergyPerByte.Value + _writer.Unit.EnergyPerByte.Value))
        + (replyTokens * _writer.TokenJoules(promptTokens + (replyTokens / 2)));

    /// <summary>
    /// Both halves in full, each with its weights and its cache; one copy of engine and weights where both use one engine and one format,
    /// as where the units read the same file. (Units that repack weights need two copies: the upper end.)
    /// </summary>
    public MemoryNeed Memory(double contextTokens)
    {
        double shared = SharesWeights ? _reader.MemoryBytes(0) : 0;
        return new(_reader.MemoryBytes(contextTokens) + _writer.MemoryBytes(contextTokens) - shared, Device.AppMemoryLimit.Value);
    }

    /// <summary>Estimates one turn: the reader's prompt, the writer's reply.</summary>
    public DeviceEstimate Estimate(in TurnRequest request)
    {
        DeviceEstimate read = _reader.Estimate(request);
        DeviceEstimate write = _writer.Estimate(request);
        double context = request.ContextTokens > 0 ? request.ContextTokens : request.PromptTokens + request.ReplyTokens;
        double handOver = HandOverSeconds(request.PromptTokens, request.CachedTokens);
        MemoryNeed memory = Memory(context);
        double spread = SharesWeights ? 0 : 1;
        double joules = TurnJoules(request.PromptTokens, request.CachedTokens, request.ReplyTokens);
        Band energy = new(
            joules,
            joules * Math.Min(Low(read.JoulesPerTurn), Low(write.JoulesPerTurn)),
            joules * Math.Max(High(read.JoulesPerTurn), High(write.JoulesPerTurn)));
        double first = read.FirstTokenSeconds.Value + handOver;
        double fresh = Math.Max(1, request.PromptTokens - request.CachedTokens);
        var seconds = new Band(first, read.FirstTokenSeconds.Low + handOver, read.FirstTokenSeconds.High + handOver);
        return write with
        {
            Fits = memory.ShortBytes == 0,
            MemoryBytes = new Band(
                memory.Bytes,
                write.MemoryBytes.Low + (spread * read.MemoryBytes.Low),
                write.MemoryBytes.High + read.MemoryBytes.High),
            PrefillTokensPerSecond = seconds.Reciprocal(fresh),
            FirstTokenSeconds = seconds,
            PrefillWatts = read.PrefillWatts,
            JoulesPerTurn = energy,
            BatteryPerTurn = Device.Battery is { } battery ? energy.Times(1 / battery.Value) : null,
            BatteryHours = _writer.BatteryHours(energy, request.TurnsPerHour),
            SecondsToThrottleAtTurnRate = _writer.ThrottleBand(first + (request.ReplyTokens / write.DecodeTokensPerSecond.Value), joules, request.TurnsPerHour),
            Basis = Basis,
            BasisText = $"prompts: {_reader.BasisText}; replies: {_writer.BasisText}; the hand-over is an estimate",
        };

        static double Low(Band band) => band.Value > 0 ? band.Low / band.Value : 1;

        static double High(Band band) => band.Value > 0 ? band.High / band.Value : 1;
    }

    private bool SharesWeights => _reader.Engine.Name == _writer.Engine.Name && _reader.Weights == _writer.Weights;
}
