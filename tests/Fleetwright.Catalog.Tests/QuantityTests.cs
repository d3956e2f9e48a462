using System.Globalization;
using System.Reflection;
using Fleetwright.Catalog.Units;
using FsCheck;
using FsCheck.Fluent;

namespace Fleetwright.Catalog.Tests;

public sealed class QuantityTests
{
    public static TheoryData<string> DimensionNames => [.. Dimensions.Keys];

    internal static IReadOnlyDictionary<string, Dimension> Dimensions { get; } = typeof(Dimension)
        .GetProperties(BindingFlags.Public | BindingFlags.Static)
        .Where(p => p.PropertyType == typeof(Dimension))
        .ToDictionary(p => p.Name, p => (Dimension)p.GetValue(null)!, StringComparer.Ordinal);

    [Theory]
    [InlineData("3.35 TB/s", nameof(Dimension.ByteRate), 3.35e12)]
    [InlineData("400 Gb/s", nameof(Dimension.ByteRate), 50e9)]
    [InlineData("400 Gbit/s", nameof(Dimension.ByteRate), 50e9)]
    [InlineData("80 GB", nameof(Dimension.Bytes), 80e9)]
    [InlineData("80 GiB", nameof(Dimension.Bytes), 85_899_345_920)]
    [InlineData("80GB", nameof(Dimension.Bytes), 80e9)]
    [InlineData("$30,000", nameof(Dimension.Money), 30_000)]
    [InlineData("$1,234,567.5", nameof(Dimension.Money), 1_234_567.5)]
    [InlineData("$ 30 k", nameof(Dimension.Money), 30_000)]
    [InlineData("$1.2 B", nameof(Dimension.Money), 1.2e9)]
    [InlineData("$1.80/h", nameof(Dimension.MoneyPerTime), 1.80 / 3600)]
    [InlineData("$12/GB", nameof(Dimension.MoneyPerByte), 12e-9)]
    [InlineData("$12 M/MW", nameof(Dimension.MoneyPerPower), 12)]
    [InlineData("$0.36/kWh", nameof(Dimension.MoneyPerEnergy), 1e-7)]
    [InlineData("15.6 T", nameof(Dimension.Count), 15.6e12)]
    [InlineData("350,000", nameof(Dimension.Count), 350_000)]
    [InlineData("35 %", nameof(Dimension.Fraction), 0.35)]
    [InlineData("0.35", nameof(Dimension.Fraction), 0.35)]
    [InlineData("45 ms", nameof(Dimension.Time), 0.045)]
    [InlineData("3 µs", nameof(Dimension.Time), 3e-6)]
    [InlineData("1 quarter", nameof(Dimension.Time), Quarter.Seconds)]
    [InlineData("18.9 Wh", nameof(Dimension.Energy), 68_040)]
    [InlineData("0.5 pJ", nameof(Dimension.Energy), 0.5e-12)]
    [InlineData("989 TFLOP/s", nameof(Dimension.OperationRate), 989e12)]
    [InlineData("1e3 TOP/s", nameof(Dimension.OperationRate), 1e15)]
    [InlineData("1.83 GHz", nameof(Dimension.Frequency), 1.83e9)]
    [InlineData("0.021 um2", nameof(Dimension.Area), 0.021e-6)]
    [InlineData("0.10 /cm2", nameof(Dimension.DefectDensity), 0.001)]
    [InlineData("137 MTr/mm2", nameof(Dimension.TransistorDensity), 137e6)]
    [InlineData("4 /day", nameof(Dimension.EventRate), 4 / 86400.0)]
    public void Text_with_a_unit_becomes_base_units(string text, string dimension, double expected)
        => Assert.Equal(expected, Quantity.Parse(text, Dimensions[dimension]), Math.Abs(expected) * 1e-12);

    [Theory]
    [InlineData("NaN GB", nameof(Dimension.Bytes))]
    [InlineData("infinity GB", nameof(Dimension.Bytes))]
    [InlineData("1e999 GB", nameof(Dimension.Bytes))]
    [InlineData("1e300 EB", nameof(Dimension.Bytes))]
    [InlineData("", nameof(Dimension.Bytes))]
    [InlineData("GB", nameof(Dimension.Bytes))]
    [InlineData("1.2.3 GB", nameof(Dimension.Bytes))]
    [InlineData("80", nameof(Dimension.Bytes))]
    [InlineData("80 gb", nameof(Dimension.Bytes))]
    [InlineData("80 GB/s", nameof(Dimension.Bytes))]
    [InlineData("80 GB", nameof(Dimension.ByteRate))]
    [InlineData("30,000", nameof(Dimension.Money))]
    [InlineData("30,000 €", nameof(Dimension.Money))]
    [InlineData("700 mw", nameof(Dimension.Power))]
    public void Refused_text_is_told_what_is_allowed(string text, string dimension)
    {
        Assert.False(Quantity.TryParse(text, Dimensions[dimension], out double value, out string problem));
        Assert.True(double.IsNaN(value));
        Assert.Contains(Dimensions[dimension].Example, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3,35 TB/s")]
    [InlineData("1,23,456 TB/s")]
    [InlineData("1234,567 TB/s")]
    [InlineData(",5 TB/s")]
    [InlineData("1.5,000 TB/s")]
    [InlineData("1, TB/s")]
    public void A_comma_that_does_not_part_thousands_is_refused(string text)
        => Assert.False(Quantity.TryParse(text, Dimension.ByteRate, out _, out _));

    [Fact]
    public void A_decimal_gigabyte_is_smaller_than_a_binary_one()
        => Assert.Equal(1.073741824, Quantity.Parse("1 GiB", Dimension.Bytes) / Quantity.Parse("1 GB", Dimension.Bytes), 12);

    [Theory]
    [MemberData(nameof(DimensionNames))]
    public void Every_unit_of_a_dimension_reads_as_its_factor_times_the_number(string name)
    {
        Dimension dimension = Dimensions[name];
        foreach (string unit in dimension.Units)
        {
            string Text(string number) => unit.StartsWith('$') ? $"${number} {unit[1..]}" : $"{number} {unit}";
            double one = Quantity.Parse(Text("1"), dimension);
            Assert.True(one > 0);
            Assert.Equal(1234.5 * one, Quantity.Parse(Text("1,234.5"), dimension), one * 1e-9);
        }
    }

    [Theory]
    [MemberData(nameof(DimensionNames))]
    public void The_example_of_a_dimension_reads_as_that_dimension(string name)
    {
        foreach (string example in Dimensions[name].Example.Split(" or "))
        {
            Assert.True(Quantity.TryParse(example, Dimensions[name], out _, out string problem), problem);
        }
    }

    [Fact]
    public void What_is_written_reads_back_to_the_digits_written()
        => Prop.ForAll(Gen.Choose(1, 999_999).Select(i => i * 1e3).ToArbitrary(), bytesPerSecond =>
        {
            string text = Quantity.Format(bytesPerSecond, "B/s", 6);
            Assert.Equal(bytesPerSecond, Quantity.Parse(text, Dimension.ByteRate), bytesPerSecond * 1e-5);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_culture_of_the_machine_changes_nothing()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ",", NumberGroupSeparator = "." } };
        try
        {
            Assert.Equal(3.35e12, Quantity.Parse("3.35 TB/s", Dimension.ByteRate), 1);
            Assert.Equal("3.35 TB/s", Quantity.Format(3.35e12, "B/s"));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
