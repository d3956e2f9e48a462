using System.Globalization;

namespace Fleetwright.Acceptance.Tests;

/// <summary>The same inputs give the same bytes, whatever the machine has and wherever it stands.</summary>
public sealed class SameAnswerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_number_of_threads_and_the_culture_change_no_byte_of_the_results()
    {
        string file = ScenarioText.Default().Write(_folder);
        string one = await Run(file, "one", "1");
        CultureInfo usual = CultureInfo.CurrentCulture;
        try
        {
            // Cultures by name are switched off in this build, so the German one is made by hand.
            var german = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            german.NumberFormat.NumberDecimalSeparator = german.NumberFormat.CurrencyDecimalSeparator = german.NumberFormat.PercentDecimalSeparator = ",";
            german.NumberFormat.NumberGroupSeparator = german.NumberFormat.CurrencyGroupSeparator = german.NumberFormat.PercentGroupSeparator = ".";
            german.NumberFormat.NegativeSign = "−";
            CultureInfo.CurrentCulture = german;
            string two = await Run(file, "two", "2");
            string[] names = [.. Directory.EnumerateFiles(one).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];
            Assert.Contains("results.json", names);
            Assert.Contains("orders.csv", names);
            Assert.Equal(Sites("orders"), Sites("sources"));

            IEnumerable<string?> Sites(string list) => Results.Read(one).Supply.GetProperty(list).EnumerateArray().Select(e => e.GetProperty("site").GetString()).Distinct().Order(StringComparer.Ordinal);
            Assert.Equal(names, Directory.EnumerateFiles(two).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal));
            Assert.All(names, name => Assert.True(File.ReadAllBytes(Path.Combine(one, name)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(two, name))), $"{name} differs"));
        }
        finally
        {
            CultureInfo.CurrentCulture = usual;
        }
    }

    private async Task<string> Run(string file, string name, string threads)
    {
        Outcome outcome = await Program.Run("run", file, "--out", _folder.Path(name), "--threads", threads);
        Assert.True(outcome.Code == 0, outcome.Error);
        Assert.Equal("complete", Results.Read(_folder.Path(name)).Status);
        return _folder.Path(name);
    }
}
