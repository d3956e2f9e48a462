using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Devices;

/// <summary>What a device is to its user.</summary>
public enum DeviceKind
{
    /// <summary>A phone.</summary>
    Phone,

    /// <summary>A VR or mixed-reality headset.</summary>
    Headset,

    /// <summary>Glasses with camera, microphone, speaker, perhaps a display.</summary>
    Glasses,

    /// <summary>A television or set-top box.</summary>
    Television,

    /// <summary>A single-board computer or robot brain.</summary>
    Board,

    /// <summary>A desktop or laptop computer.</summary>
    Computer,
}

/// <summary>The part of a system-on-chip that runs the model.</summary>
public enum ComputeUnitKind
{
    /// <summary>General-purpose cores.</summary>
    Cpu,

    /// <summary>Graphics cores.</summary>
    Gpu,

    /// <summary>A matrix engine beside them (Hexagon, Neural Engine, …).</summary>
    Npu,
}

/// <summary>A device that a person holds, wears or watches: what it computes with, what it may use, what it draws.</summary>
public sealed record Device
{
    /// <summary>The catalogue name, such as <c>quest-3</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The maker's name for it.</summary>
    public required string Title { get; init; }

    /// <summary>Other names it is found by.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>Who sells it.</summary>
    public required string Vendor { get; init; }

    /// <summary>What it is to its user.</summary>
    public required DeviceKind Kind { get; init; }

    /// <summary>Whether the device is a supposition of ours and not a product.</summary>
    public bool WhatIf { get; init; }

    /// <summary>The title of its system-on-chip, as tables of measurements name it.</summary>
    public required string Soc { get; init; }

    /// <summary>The units that can run a model; at least one.</summary>
    public required IReadOnlyList<ComputeUnit> Units { get; init; }

    /// <summary>Memory technology, such as <c>lpddr5x</c>.</summary>
    public required string MemoryKind { get; init; }

    /// <summary>Installed memory in bytes.</summary>
    public required Fact MemoryCapacity { get; init; }

    /// <summary>Memory in bytes that one app may hold before the system ends it.</summary>
    public required Fact AppMemoryLimit { get; init; }

    /// <summary>Peak memory bandwidth shared by all units in bytes per second; null when undisclosed.</summary>
    public Fact? MemoryBandwidth { get; init; }

    /// <summary>Rate in bytes per second at which weights that do not fit are read from flash as they are needed; null when not known.</summary>
    public Fact? FlashRead { get; init; }

    /// <summary>Energy of a full battery in joules; null for mains power.</summary>
    public Fact? Battery { get; init; }

    /// <summary>Power of the whole device at rest, model idle, in watts.</summary>
    public required Fact IdlePower { get; init; }

    /// <summary>Power of the whole device in ordinary use without the assistant (scene rendered or screen on), in watts.</summary>
    public required Fact InUsePower { get; init; }

    /// <summary>Power of the whole device that its case can shed for hours, in watts.</summary>
    public required Fact SustainedPower { get; init; }

    /// <summary>Power of the whole device that it may draw while still cool, in watts.</summary>
    public required Fact BurstPower { get; init; }

    /// <summary>Time constant in seconds with which the case warms: a first-order lag.</summary>
    public required Fact ThermalTimeConstant { get; init; }

    /// <summary>What it shows its user; null for devices without a display of note.</summary>
    public DeviceDisplay? Display { get; init; }

    /// <summary>What the scene may reserve, by name; empty for devices that render nothing of note.</summary>
    public IReadOnlyList<RenderLoad> RenderLoads { get; init; } = [];

    /// <summary>Speech stages run on the device itself; null when it has none.</summary>
    public DeviceSpeech? Speech { get; init; }

    /// <summary>Name of the device that this one is normally tethered to, such as a phone for glasses; null for none.</summary>
    public string? Tether { get; init; }

    /// <summary>The unit of a kind, or null.</summary>
    public ComputeUnit? Unit(ComputeUnitKind kind) => Units.FirstOrDefault(u => u.Kind == kind);
}

/// <summary>One compute unit of a device.</summary>
public sealed record ComputeUnit
{
    /// <summary>Which kind of unit.</summary>
    public required ComputeUnitKind Kind { get; init; }

    /// <summary>The maker's name, such as <c>Adreno 740</c>.</summary>
    public required string Title { get; init; }

    /// <summary>The family that engines' coefficients are measured by, such as <c>arm-cpu</c> or <c>hexagon</c>.</summary>
    public required string Family { get; init; }

    /// <summary>The most that this unit can read from memory in bytes per second (an NPU's path is often far below the DRAM's peak); null when undisclosed.</summary>
    public Fact? ReadBandwidth { get; init; }

    /// <summary>Peak matrix rate by number format in operations per second.</summary>
    public required IReadOnlyDictionary<Dtype, Fact> PeakRates { get; init; }

    /// <summary>Memory in bytes that one session of this unit can address; null when it has no limit of its own.</summary>
    public Fact? MemoryLimit { get; init; }

    /// <summary>Joules per byte read in decode, whole device above rest.</summary>
    public required Fact EnergyPerByte { get; init; }

    /// <summary>Joules per token besides its bytes, whole device above rest.</summary>
    public required Fact EnergyPerToken { get; init; }

    /// <summary>Joules per operation in prefill, whole device above rest.</summary>
    public required Fact EnergyPerOperation { get; init; }
}

/// <summary>What a device shows its user.</summary>
/// <param name="RefreshRate">Most frames per second.</param>
/// <param name="Pixels">Pixels of all panels together.</param>
/// <param name="Passthrough">Seconds from light at the cameras to light at the eyes; null without passthrough or when not known.</param>
public sealed record DeviceDisplay(Fact RefreshRate, Fact Pixels, Fact? Passthrough);

/// <summary>What a rendered scene takes away from the assistant.</summary>
/// <param name="Name">Such as <c>90hz</c>.</param>
/// <param name="RefreshRate">Frames per second.</param>
/// <param name="GpuShare">Share of the GPU's time.</param>
/// <param name="Bandwidth">Memory bandwidth in bytes per second.</param>
/// <param name="Power">Power of the whole device while it renders, model idle, in watts.</param>
public sealed record RenderLoad(string Name, Fact RefreshRate, Fact GpuShare, Fact Bandwidth, Fact Power);

/// <summary>Speech stages on the device.</summary>
/// <param name="Recogniser">Seconds from the end of speech to the final transcript, at the median.</param>
/// <param name="Synthesiser">Seconds from the first phrase to its first audio, at the median.</param>
public sealed record DeviceSpeech(Fact Recogniser, Fact Synthesiser);
