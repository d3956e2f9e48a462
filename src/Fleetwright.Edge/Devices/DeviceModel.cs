using System.Globalization;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Heat;

namespace Fleetwright.Edge.Devices;

/// <summary>
/// One model in one engine on one unit of one device beside one scene: seconds, bytes and joules of prompts and replies.
/// Equations and sources: <c>docs/edge.md</c>.
/// </summary>
/// <remarks>Immutable and thread-safe.</remarks>
public sealed class DeviceModel : ILocalInference
{
    private const double UnmeasuredFactor = 2;
    private readonly ModelFootprint _footprint;
    private readonly WeightFormat _format;
    private readonly EngineClass _class;
    private readonly double _secondsPerByte;
    private readonly double _secondsPerOperation;
    private readonly double _slowdown;
    private readonly double _basePower;
    private readonly double _decodeBelow;
    private readonly double _decodeAbove;
    private readonly double _prefillFactor;

    /// <summary>Prepares a model for a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="unit">The unit; null for the one with the fastest decode that the engine knows.</param>
    /// <param name="model">A language model.</param>
    /// <param name="weights">Number format of the weights; one that the engine stores.</param>
    /// <param name="renderLoad">Name of one of the device's render loads; null for none.</param>
    /// <param name="inApp">Whether the engine runs inside an app framework, with its integration penalty.</param>
    /// <exception cref="InputException">The engine has no coefficients for the unit, does not store the format, the device states no bandwidth, or has no such render load.</exception>
    public DeviceModel(Device device, DeviceEngine engine, ComputeUnitKind? unit, ModelSpec model, Dtype weights, string? renderLoad = null, bool inApp = false)
        : this(device, engine, unit, model.Name, weights, ModelFootprint.Of(model, FormatOf(engine, weights)), renderLoad, inApp)
    {
    }

    internal DeviceModel(Device device, DeviceEngine engine, ComputeUnitKind? unit, string modelName, Dtype weights, ModelFootprint footprint, string? renderLoad = null, bool inApp = false)
    {
        Device = device;
        Engine = engine;
        ModelName = modelName;
        Weights = weights;
        _footprint = footprint;
        _format = FormatOf(engine, weights);
        (Unit, _class) = UnitSelection.Choose(device, engine, unit);
        RenderLoad? scene = SceneOf(device, renderLoad);
        Fact bandwidth = UnitSelection.BandwidthOf(device, Unit);
        double gpuLeft = Unit.Kind == ComputeUnitKind.Gpu && scene is not null ? 1 - scene.GpuShare.Value : 1;
        double left = Math.Min(bandwidth.Value, Math.Max(0.05 * bandwidth.Value, (device.MemoryBandwidth ?? bandwidth).Value - (scene?.Bandwidth.Value ?? 0)));
        _secondsPerByte = 1 / (_class.BandwidthEfficiency.Value * left);
        _secondsPerOperation = 1 / (EfficiencyOf(out bool measuredFormat) * PeakOf(_format.Compute));
        _slowdown = (inApp ? engine.IntegrationPenalty.Value : 1) / Math.Max(0.02, gpuLeft);
        _basePower = scene?.Power.Value ?? device.IdlePower.Value;

        (Basis, BasisText, double factor) = Judge(bandwidth.Confidence is Confidence.Low or Confidence.Assumed);
        _decodeBelow = Combine(factor, bandwidth.Value / bandwidth.Low);
        _decodeAbove = Combine(factor, bandwidth.High / bandwidth.Value);
        _prefillFactor = Basis == EstimateBasis.Measured && measuredFormat && _class.PrefillError is { } error ? 1 + (2 * error.Value) : UnmeasuredFactor;
    }

    /// <summary>The device.</summary>
    public Device Device { get; }

    /// <summary>The engine.</summary>
    public DeviceEngine Engine { get; }

    /// <summary>The unit that runs the model.</summary>
    public ComputeUnit Unit { get; }

    /// <summary>Catalogue name of the model.</summary>
    public string ModelName { get; }

    /// <summary>Number format of the weights.</summary>
    public Dtype Weights { get; }

    /// <summary>What the speeds rest on.</summary>
    public EstimateBasis Basis { get; }

    /// <summary>The basis in words, with rows and error.</summary>
    public string BasisText { get; }

    /// <inheritdoc/>
    public string Name => $"{ModelName} in {Weights.Name()}, {Engine.Title} on the {Unit.Title}";

    /// <summary>Longest context that the model was made for.</summary>
    public double MaximumContext => _footprint.MaximumContext;

    /// <summary>The widest of the bands of prefill and decode: times may be this factor longer or shorter.</summary>
    public double BandFactor => Math.Max(_prefillFactor, Math.Max(_decodeBelow, _decodeAbove));

    /// <summary>Estimates one turn.</summary>
    /// <param name="device">The device.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="unit">The unit; null for the one with the fastest decode that the engine knows.</param>
    /// <param name="model">A language model.</param>
    /// <param name="weights">Number format of the weights; one that the engine stores.</param>
    /// <param name="request">What the turn asks.</param>
    /// <param name="renderLoad">Name of one of the device's render loads; null for none.</param>
    /// <param name="inApp">Whether the engine runs inside an app framework, with its integration penalty.</param>
    /// <exception cref="InputException">See the constructor.</exception>
    public static DeviceEstimate Estimate(Device device, DeviceEngine engine, ComputeUnitKind? unit, ModelSpec model, Dtype weights, in TurnRequest request, string? renderLoad = null, bool inApp = false) =>
        new DeviceModel(device, engine, unit, model, weights, renderLoad, inApp).Estimate(request);

    /// <summary>Estimates one turn.</summary>
    public DeviceEstimate Estimate(in TurnRequest request)
    {
        double context = request.ContextTokens > 0 ? request.ContextTokens : request.PromptTokens + request.ReplyTokens;
        double meanContext = request.PromptTokens + (request.ReplyTokens / 2);
        double prefill = PrefillSeconds(request.PromptTokens, request.CachedTokens);
        double step = DecodeSeconds(meanContext);
        double tokenJoules = TokenJoules(meanContext);
        double prefillJoules = PrefillJoules(request.PromptTokens, request.CachedTokens);
        double joules = prefillJoules + (request.ReplyTokens * tokenJoules);
        Band turnJoules = Energy(joules);
        double sustained = SustainedStepSeconds(meanContext);
        double memory = MemoryBytes(context);
        double limit = Device.AppMemoryLimit.Value;
        return new DeviceEstimate
        {
            Device = Device,
            Engine = Engine,
            Unit = Unit,
            Model = ModelName,
            Weights = Weights,
            Fits = memory <= limit,
            MemoryBytes = MemoryBand(context),
            MemoryLimitBytes = limit,
            Sessions = Unit.MemoryLimit is { } session ? (int)Math.Ceiling((_footprint.FileBytes + _footprint.CacheBytes(context)) / session.Value) : 1,
            PrefillTokensPerSecond = Band.Around(Math.Max(1, request.PromptTokens - request.CachedTokens) / prefill, _prefillFactor, _prefillFactor),
            FirstTokenSeconds = Band.Around(prefill, _prefillFactor, _prefillFactor),
            DecodeTokensPerSecond = Band.Around(1 / step, _decodeBelow, _decodeAbove),
            SustainedTokensPerSecond = double.IsFinite(sustained) ? Band.Around(1 / sustained, _decodeBelow, _decodeAbove) : Band.Exact(0),
            Limit = LimitAt(meanContext),
            PrefillWatts = Draw(prefillJoules / prefill),
            DecodeWatts = Draw(tokenJoules / step),
            JoulesPerToken = Energy(tokenJoules),
            JoulesPerTurn = turnJoules,
            BatteryPerTurn = Device.Battery is { } battery ? turnJoules.Times(1 / battery.Value) : null,
            BatteryHours = BatteryHours(turnJoules, request.TurnsPerHour),
            SecondsToThrottle = ThrottleBand(step, tokenJoules, double.PositiveInfinity),
            SecondsToThrottleAtTurnRate = ThrottleBand(prefill + (request.ReplyTokens * step), joules, request.TurnsPerHour),
            Basis = Basis,
            BasisText = BasisText,
        };
    }

    /// <summary>
    /// Seconds from prompt to first token: o + max(operations / (e·peak), one reading of the weights), with operations
    /// = 2·N·P + κ·(pair operations)·(P²/2 + P·cached), P rounded up to the engine's chunk.
    /// </summary>
    public double PrefillSeconds(double promptTokens, double cachedTokens = 0)
    {
        double computing = PrefillOperations(promptTokens, cachedTokens, _class.PrefillAttentionFactor.Value) * _secondsPerOperation;
        double reading = _footprint.BytesPerToken * _secondsPerByte;
        double seconds = (_class.PrefillOverhead.Value + Math.Max(computing, reading)) * _slowdown;
        return Math.Max(seconds, PrefillJoules(promptTokens, cachedTokens) / Math.Max(1e-9, Device.BurstPower.Value - _basePower));
    }

    /// <summary>Seconds of one reply token at a context length while the case is cool: c + (weights + κ·cache) / (η·bandwidth), or longer where the burst power limits.</summary>
    public double DecodeSeconds(double contextTokens) =>
        Math.Max(FreeStepSeconds(contextTokens), TokenJoules(contextTokens) / Math.Max(1e-9, Device.BurstPower.Value - _basePower));

    /// <summary>
    /// Seconds of one reply token where the app may hold less than the model needs and the system reads the missing weights from flash: weights are
    /// used in the same order for every token, so a cache that drops the oldest pages has dropped each before its next use and the whole
    /// of them is read again (cyclic access under least-recently-used replacement). The speed with all in memory where it fits; infinite when flash is not known.
    /// </summary>
    public double PagedDecodeSeconds(double contextTokens) =>
        Memory(contextTokens).ShortBytes <= 0 ? DecodeSeconds(contextTokens)
        : Device.FlashRead is { } flash ? DecodeSeconds(contextTokens) + (_footprint.BytesPerToken / flash.Value)
        : double.PositiveInfinity;

    /// <summary>Seconds of one reply token at the power that the case sheds for hours; infinite when the scene alone fills it.</summary>
    public double SustainedStepSeconds(double contextTokens)
    {
        double watts = Device.SustainedPower.Value - _basePower;
        return watts <= 0 ? double.PositiveInfinity : Math.Max(DecodeSeconds(contextTokens), TokenJoules(contextTokens) / watts);
    }

    /// <summary>Resident bytes of engine, weights and the cache of <paramref name="contextTokens"/>.</summary>
    public double MemoryBytes(double contextTokens) =>
        Engine.BaseMemory.Value + (_format.MemoryFactor.Value * _footprint.FileBytes) + _footprint.CacheBytes(contextTokens);

    /// <summary>The longest context that fits in what the app may hold; 0 when the weights alone do not fit.</summary>
    public double LargestContext()
    {
        double limit = Device.AppMemoryLimit.Value;
        double top = Math.Min(_footprint.MaximumContext, 1 << 24);
        if (MemoryBytes(1) > limit)
        {
            return 0;
        }

        double low = 1;
        if (MemoryBytes(top) <= limit)
        {
            return top;
        }

        while (top - low > 0.5)
        {
            double middle = (low + top) / 2;
            (low, top) = MemoryBytes(middle) <= limit ? (middle, top) : (low, middle);
        }

        return Math.Floor(low);
    }

    /// <inheritdoc/>
    public MemoryNeed Memory(double contextTokens) => new(MemoryBytes(contextTokens), Device.AppMemoryLimit.Value);

    /// <summary>Joules of a turn above rest; the reply's tokens at their mean context.</summary>
    public double TurnJoules(double promptTokens, double cachedTokens, double replyTokens) =>
        PrefillJoules(promptTokens, cachedTokens) + (replyTokens * TokenJoules(promptTokens + (replyTokens / 2)));

    /// <summary>Joules of reading a prompt above rest.</summary>
    public double PrefillJoules(double promptTokens, double cachedTokens = 0) =>
        PrefillOperations(promptTokens, cachedTokens, 1) * Unit.EnergyPerOperation.Value;

    /// <summary>Joules of one reply token above rest at a context length.</summary>
    public double TokenJoules(double contextTokens) =>
        Unit.EnergyPerToken.Value + (Unit.EnergyPerByte.Value * (_footprint.BytesPerToken + _footprint.CacheBytes(contextTokens)));

    private double PrefillOperations(double promptTokens, double cachedTokens, double attentionFactor)
    {
        double fresh = Math.Max(1, promptTokens - cachedTokens);
        double padded = _class.PrefillChunk * Math.Ceiling(fresh / _class.PrefillChunk);
        double pairs = (fresh * fresh / 2) + (fresh * cachedTokens);
        return (padded * _footprint.OperationsPerToken) + (attentionFactor * _footprint.OperationsPerPair * pairs);
    }

    /// <summary>Bytes of keys and values at a context length.</summary>
    internal double CacheBytes(double contextTokens) => _footprint.CacheBytes(contextTokens);

    /// <summary>
    /// The pieces of a step that a GPU does not interrupt: seconds of a layer, seconds of the output head (one matrix), and the head's share of the
    /// step. Other work starts between them.
    /// </summary>
    internal (double LayerSeconds, double HeadSeconds, double HeadShare) Slices(double contextTokens)
    {
        double step = _class.StepOverhead.Value + ((_footprint.BytesPerToken + CacheCost(contextTokens)) * _secondsPerByte);
        double head = _footprint.HeadBytes * _secondsPerByte;
        return ((step - head) / _footprint.Layers, head, head / step);
    }

    /// <summary>Bytes per second that the model reads where nothing slows it.</summary>
    internal double TrafficAlone(double contextTokens)
    {
        double bytes = _footprint.BytesPerToken + CacheCost(contextTokens);
        return bytes / (_class.StepOverhead.Value + (bytes / (_class.BandwidthEfficiency.Value * UnitSelection.BandwidthOf(Device, Unit).Value)));
    }

    /// <summary>Reply tokens per second at a context length while cool, with its band.</summary>
    internal Band DecodeBand(double contextTokens) => Band.Around(1 / DecodeSeconds(contextTokens), _decodeBelow, _decodeAbove);

    private double FreeStepSeconds(double contextTokens) =>
        _slowdown * (_class.StepOverhead.Value + ((_footprint.BytesPerToken + CacheCost(contextTokens)) * _secondsPerByte));

    private double CacheCost(double contextTokens) => _class.AttentionFactor.Value * _footprint.CacheBytes(contextTokens);

    private DecodeLimit LimitAt(double contextTokens)
    {
        if (DecodeSeconds(contextTokens) > FreeStepSeconds(contextTokens))
        {
            return DecodeLimit.Power;
        }

        double weights = _footprint.BytesPerToken * _secondsPerByte;
        double cache = CacheCost(contextTokens) * _secondsPerByte;
        return weights >= cache && weights >= _class.StepOverhead.Value ? DecodeLimit.WeightBandwidth
            : cache >= _class.StepOverhead.Value ? DecodeLimit.CacheBandwidth
            : DecodeLimit.StepOverhead;
    }

    /// <summary>
    /// Seconds until the case is warm at a turn rate (infinite when it never is), between what the ranges of time constant and sustained power give.
    /// Between turns the device draws what the scene, or rest, takes.
    /// </summary>
    /// <param name="turnSeconds">Seconds in which a turn computes.</param>
    /// <param name="turnJoules">What a turn takes above that.</param>
    /// <param name="turnsPerHour">Turns an hour; infinite for one after the other.</param>
    internal Band ThrottleBand(double turnSeconds, double turnJoules, double turnsPerHour)
    {
        Fact sustained = Device.SustainedPower, lag = Device.ThermalTimeConstant;
        return new Band(At(sustained.Value, lag.Value), At(sustained.Low, lag.Low), At(sustained.High, lag.High));

        double At(double watts, double seconds) => ThermalState.SecondsToThrottle(_basePower, _basePower + (turnJoules / turnSeconds), watts, seconds, turnSeconds, 3600 / turnsPerHour);
    }

    internal Band? BatteryHours(Band turnJoules, double turnsPerHour)
    {
        if (Device.Battery is not { } battery)
        {
            return null;
        }

        Fact use = Device.InUsePower;
        return new Band(
            Hours(battery.Value, Math.Max(_basePower, use.Value), turnJoules.Value),
            Hours(battery.Low, Math.Max(_basePower, use.High), turnJoules.High),
            Hours(battery.High, Math.Max(Math.Min(_basePower, use.Value), use.Low), turnJoules.Low));

        double Hours(double joules, double watts, double turn) => joules / ((watts * 3600) + (turnsPerHour * turn));
    }

    private Band MemoryBand(double context)
    {
        double cache = _footprint.CacheBytes(context);
        Fact factor = _format.MemoryFactor;
        Fact room = Engine.BaseMemory;
        return new Band(MemoryBytes(context), room.Low + (factor.Low * _footprint.FileBytes) + cache, room.High + (factor.High * _footprint.FileBytes) + cache);
    }

    private Band Energy(double joules)
    {
        Fact perByte = Unit.EnergyPerByte;
        return perByte.Value > 0 ? new Band(joules, joules * perByte.Low / perByte.Value, joules * perByte.High / perByte.Value) : Band.Exact(joules);
    }

    private Band Draw(double wattsAboveRest)
    {
        Band above = Energy(wattsAboveRest);
        double most = Device.BurstPower.High;
        return new Band(_basePower + above.Value, _basePower + above.Low, Math.Max(_basePower + above.Value, Math.Min(most, _basePower + above.High)));
    }

    private (EstimateBasis Basis, string Text, double Factor) Judge(bool bandwidthGuessed)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        string where = $"{Engine.Title} on {Unit.Kind.ToString().ToUpperInvariant()}";
        if (_class.DecodeRows > 0 && _class.MeasuredOn.Contains(Device.Soc, StringComparer.OrdinalIgnoreCase))
        {
            return _class.DecodeError is { } error
                ? (EstimateBasis.Measured, string.Create(culture, $"{where} measured on {Device.Soc}: {_class.DecodeRows} rows, {error.Value * 100:0.#} % leave-one-out"), 1 + (2 * error.Value))
                : (EstimateBasis.Unmeasured, string.Create(culture, $"{where}: only {_class.DecodeRows} rows on {Device.Soc}, too few to bound the error; factor 2"), UnmeasuredFactor);
        }

        if (_class.DecodeRows > 0 && !bandwidthGuessed && _class.DecodeTransferError is { } transfer)
        {
            return (EstimateBasis.Transferred, string.Create(culture, $"{where} transfers with {transfer.Value * 100:0.#} % error between the {_class.MeasuredOn.Count} chips measured"), 1 + (2 * transfer.Value));
        }

        string from = _class.MeasuredOn.Count > 0 ? $"scaled by bandwidth from {string.Join(", ", _class.MeasuredOn)}" : "coefficients taken from a relative";
        return (EstimateBasis.Unmeasured, $"{where} of {Device.Soc} {from}; factor 2", UnmeasuredFactor);
    }

    private double EfficiencyOf(out bool exact)
    {
        exact = _class.PrefillEfficiency.TryGetValue(Weights, out Fact efficiency);
        return exact ? efficiency.Value : _class.PrefillEfficiency.OrderBy(e => Math.Abs(e.Key.Bytes() - Weights.Bytes())).First().Value.Value;
    }

    private double PeakOf(Dtype compute)
    {
        IReadOnlyDictionary<Dtype, Fact> rates = Unit.PeakRates;
        if (rates.TryGetValue(compute, out Fact rate))
        {
            return rate.Value;
        }

        bool half = compute is Dtype.Bf16 or Dtype.Fp16;
        foreach (Dtype other in half ? [Dtype.Fp16, Dtype.Bf16, Dtype.Fp32, Dtype.Int8] : (ReadOnlySpan<Dtype>)[Dtype.Int8, Dtype.Fp16, Dtype.Bf16, Dtype.Fp32])
        {
            if (rates.TryGetValue(other, out rate))
            {
                return rate.Value;
            }
        }

        throw new InputException(Device.Name, $"the {Unit.Title} states no peak rate for {compute.Name()}; add it under units[].peak_rates");
    }

    private static WeightFormat FormatOf(DeviceEngine engine, Dtype weights) =>
        engine.Formats.TryGetValue(weights, out WeightFormat? format)
            ? format
            : throw new InputException(engine.Name, $"{engine.Title} stores no {weights.Name()} weights; it stores {string.Join(", ", engine.Formats.Keys.Order().Select(d => d.Name()))}");

    private static RenderLoad? SceneOf(Device device, string? name)
    {
        if (name is null)
        {
            return null;
        }

        return device.RenderLoads.FirstOrDefault(l => l.Name == name)
            ?? throw new InputException(name, $"{device.Title} has no such render load; it has {(device.RenderLoads.Count == 0 ? "none" : string.Join(", ", device.RenderLoads.Select(l => l.Name)))}");
    }

    // Independent factors add in quadrature of their logarithms.
    private static double Combine(double a, double b) => Math.Exp(Math.Sqrt((Math.Log(a) * Math.Log(a)) + (Math.Log(b) * Math.Log(b))));
}
