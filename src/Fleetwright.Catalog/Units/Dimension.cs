using System.Collections.Frozen;

namespace Fleetwright.Catalog.Units;

/// <summary>
/// What a quantity measures, the units it may be written in, and the SI base unit it is held in.
/// Unit spelling is case-sensitive where the case carries meaning (<c>MB</c> is 10^6 bytes, <c>Mb</c> 10^6 bits, <c>MiB</c> 2^20 bytes).
/// </summary>
public sealed class Dimension
{
    private static readonly (string Prefix, double Factor)[] Large =
        [("", 1), ("k", 1e3), ("K", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15), ("E", 1e18)];

    private static readonly (string Prefix, double Factor)[] Binary =
        [("Ki", 1024.0), ("Mi", 1048576.0), ("Gi", 1073741824.0), ("Ti", 1099511627776.0)];

    private static readonly (string Prefix, double Factor)[] Small =
        [("p", 1e-12), ("n", 1e-9), ("u", 1e-6), ("µ", 1e-6), ("m", 1e-3)];

    private readonly FrozenDictionary<string, double> _units;

    private Dimension(string name, string baseUnit, string example, IEnumerable<(string Unit, double Factor)> units)
    {
        Name = name;
        BaseUnit = baseUnit;
        Example = example;
        _units = units.ToFrozenDictionary(u => u.Unit, u => u.Factor, StringComparer.Ordinal);
    }

    /// <summary>A plain number, optionally with <c>k</c>, <c>M</c>, <c>B</c> or <c>T</c> (10^3, 10^6, 10^9, 10^12).</summary>
    public static Dimension Count { get; } = new("count", "", "350,000 or 15.6 T", [("", 1), ("k", 1e3), ("K", 1e3), ("M", 1e6), ("B", 1e9), ("T", 1e12)]);

    /// <summary>A share: <c>0.35</c> or <c>35 %</c>.</summary>
    public static Dimension Fraction { get; } = new("fraction", "", "35 %", [("", 1), ("%", 0.01)]);

    /// <summary>Memory and message sizes, held in bytes.</summary>
    public static Dimension Bytes { get; } = new("size", "B", "80 GB or 5.75 GiB", [.. Scale("B", Large), .. Scale("B", Binary)]);

    /// <summary>Bandwidth, held in bytes per second. <c>Gb/s</c> and <c>Gbit/s</c> are bits.</summary>
    public static Dimension ByteRate { get; } = new("bandwidth", "B/s", "3.35 TB/s", [.. Scale("B/s", Large), .. Scale("B/s", Binary), .. Scale("b/s", Large, 0.125), .. Scale("bit/s", Large, 0.125)]);

    /// <summary>Duration, held in seconds. A month is a twelfth of 365.25 days.</summary>
    public static Dimension Time { get; } = new("time", "s", "50 ms", [("s", 1), .. Scale("s", Small), ("min", 60), ("h", 3600), ("d", 86400), ("day", 86400), ("days", 86400), ("week", 604800), ("weeks", 604800), ("month", 2629800), ("months", 2629800), ("quarter", 7889400), ("quarters", 7889400), ("year", 31557600), ("years", 31557600)]);

    /// <summary>Power, held in watts.</summary>
    public static Dimension Power { get; } = new("power", "W", "700 W", [.. Scale("W", Large), ("mW", 1e-3)]);

    /// <summary>Energy, held in joules. <c>Wh</c> and <c>kWh</c> are accepted.</summary>
    public static Dimension Energy { get; } = new("energy", "J", "18.9 Wh or 0.5 pJ", [.. Scale("J", Large), .. Scale("J", Small), ("fJ", 1e-15), .. Scale("Wh", Large, 3600)]);

    /// <summary>Arithmetic rate, held in operations per second (one multiply-add is two).</summary>
    public static Dimension OperationRate { get; } = new("rate", "OP/s", "989 TFLOP/s", [.. Scale("FLOP/s", Large), .. Scale("OP/s", Large), .. Scale("FLOPS", Large), .. Scale("OPS", Large)]);

    /// <summary>Clock frequency, held in hertz.</summary>
    public static Dimension Frequency { get; } = new("frequency", "Hz", "1.83 GHz", Scale("Hz", Large));

    /// <summary>Silicon area, held in square millimetres (the trade's unit).</summary>
    public static Dimension Area { get; } = new("area", "mm2", "814 mm2", [("mm2", 1), ("mm²", 1), ("cm2", 100), ("um2", 1e-6), ("µm2", 1e-6)]);

    /// <summary>Voltage, held in volts.</summary>
    public static Dimension Voltage { get; } = new("voltage", "V", "0.85 V", [("V", 1), ("mV", 1e-3)]);

    /// <summary>Money, held in US dollars: <c>$30,000</c>, <c>$30 k</c>, <c>$1.2 B</c>.</summary>
    public static Dimension Money { get; } = new("money", "$", "$30,000", [("$", 1), ("$k", 1e3), ("$K", 1e3), ("$M", 1e6), ("$B", 1e9)]);

    /// <summary>Price of energy, held in dollars per joule.</summary>
    public static Dimension MoneyPerEnergy { get; } = new("energy price", "$/J", "$0.08/kWh", [("$/kWh", 1 / 3.6e6), ("$/MWh", 1 / 3.6e9)]);

    /// <summary>Rental or ownership rate, held in dollars per second.</summary>
    public static Dimension MoneyPerTime { get; } = new("price per time", "$/s", "$1.30/h", [("$/s", 1), ("$/h", 1 / 3600.0), ("$/day", 1 / 86400.0), ("$/month", 1 / 2629800.0), ("$/year", 1 / 31557600.0)]);

    /// <summary>Price of memory, held in dollars per byte.</summary>
    public static Dimension MoneyPerByte { get; } = new("memory price", "$/B", "$12/GB", [("$/GB", 1e-9), ("$/MB", 1e-6), ("$/TB", 1e-12)]);

    /// <summary>Price of power capacity, held in dollars per watt.</summary>
    public static Dimension MoneyPerPower { get; } = new("capacity price", "$/W", "$12 M/MW", [("$/W", 1), ("$/kW", 1e-3), ("$/MW", 1e-6), ("$M/MW", 1)]);

    /// <summary>Defect density, held in defects per square millimetre.</summary>
    public static Dimension DefectDensity { get; } = new("defect density", "/mm2", "0.10 /cm2", [("/cm2", 0.01), ("/mm2", 1)]);

    /// <summary>Transistor density, held in transistors per square millimetre.</summary>
    public static Dimension TransistorDensity { get; } = new("transistor density", "/mm2", "137 MTr/mm2", [("MTr/mm2", 1e6)]);

    /// <summary>How often something happens, held in events per second.</summary>
    public static Dimension EventRate { get; } = new("event rate", "/s", "4 /day", [.. Scale("/s", Large), .. Scale("/min", Large, 1 / 60.0), .. Scale("/h", Large, 1 / 3600.0), .. Scale("/day", Large, 1 / 86400.0), .. Scale("/week", Large, 1 / 604800.0), .. Scale("/month", Large, 1 / 2629800.0), .. Scale("/quarter", Large, 1 / 7889400.0), .. Scale("/year", Large, 1 / 31557600.0)]);

    /// <summary>The name used in messages, such as <c>bandwidth</c>.</summary>
    public string Name { get; }

    /// <summary>The unit that values are held in, such as <c>B/s</c>.</summary>
    public string BaseUnit { get; }

    /// <summary>A well-formed value, shown in messages.</summary>
    public string Example { get; }

    /// <summary>The units that a value may be written in.</summary>
    public IEnumerable<string> Units => _units.Keys.Order(StringComparer.Ordinal);

    internal bool TryFactor(string unit, out double factor) => _units.TryGetValue(unit, out factor);

    private static IEnumerable<(string, double)> Scale(string unit, (string Prefix, double Factor)[] prefixes, double factor = 1) =>
        prefixes.Select(p => (p.Prefix + unit, p.Factor * factor));
}
