using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Networks;
using Fleetwright.Edge.Turns;
using Fleetwright.Hardware.Tables;
using Fleetwright.Testing;

namespace Fleetwright.Edge.Tests;

public sealed class NetworkTests
{
    private static readonly Dictionary<(string Access, string Distance), string> s_files = new()
    {
        [("5G NSA mmWave", "<100 km")] = "5g-mmwave-metro",
        [("5G NSA mmWave", "100-1000 km")] = "5g-mmwave-regional",
        [("5G NSA mmWave", "1000-2500 km")] = "5g-mmwave-national",
        [("5G NSA mmWave", ">2500 km")] = "5g-mmwave-continental",
        [("5G NSA low-band", "<100 km")] = "5g-low-band-metro",
        [("5G NSA low-band", "100-1000 km")] = "5g-low-band-regional",
        [("5G NSA low-band", "1000-2500 km")] = "5g-low-band-national",
        [("5G SA low-band", "<100 km")] = "5g-sa-metro",
        [("5G SA low-band", "100-1000 km")] = "5g-sa-regional",
        [("5G SA low-band", "1000-2500 km")] = "5g-sa-national",
        [("4G LTE", "100-1000 km")] = "lte-regional",
        [("4G LTE", "1000-2500 km")] = "lte-national",
        [("5G static (bulk download)", "operator server")] = "5g-busy-static",
        [("5G driving (bulk download)", "operator server")] = "5g-busy-driving",
    };

    [Fact]
    public void Every_measured_round_trip_comes_back_within_two_percent()
    {
        int compared = 0;
        foreach (CsvRow row in Rows("network_profiles.csv"))
        {
            NetworkProfile profile = Shipped.Catalog.Networks.Get(s_files[(row["access"], row["server_distance"])]);
            var trip = LatencyDistribution.FromQuantiles(profile.RoundTrip);
            foreach ((string column, double p) in ((string, double)[])[("rtt_ms_p5", 0.05), ("rtt_ms_p50", 0.5), ("rtt_ms_p95", 0.95), ("rtt_ms_p99", 0.99)])
            {
                if (row[column].Length > 0)
                {
                    double measured = row.Number(column) / 1e3;
                    Assert.True(Math.Abs((trip.Quantile(p) / measured) - 1) <= 0.02, $"{profile.Name} {column}: {trip.Quantile(p) * 1e3:0.0} ms");
                    compared++;
                }
            }
        }

        Assert.Equal(14 * 3 + 2, compared);
    }

    [Fact]
    public void Median_rates_are_those_of_the_measured_rows()
    {
        foreach (CsvRow row in Rows("network_profiles.csv").Where(r => !r["access"].Contains("bulk", StringComparison.Ordinal)))
        {
            NetworkProfile profile = Shipped.Catalog.Networks.Get(s_files[(row["access"], row["server_distance"])]);
            Assert.Equal(row.Number("ul_mbps_p50"), profile.UplinkRate.Value * 8e-6, 1e-6);
            Assert.Equal(row.Number("dl_mbps_p50"), profile.DownlinkRate.Value * 8e-6, 1e-6);
            Assert.True(profile.Uplink.Count >= 3 && profile.DistanceKilometres is not null);
        }
    }

    // on-device-xr.md 0.7: about 7.5 J, 0.7 W for 10.7 s. A query of 1 kB each way that is answered within a tenth of a second adds next to nothing.
    [Fact]
    public void A_query_by_itself_costs_a_5G_radio_seven_and_a_half_joules()
    {
        var path = new NetworkPath(Shipped.Catalog.Networks.Get("5g-low-band-regional"));
        Assert.InRange(path.TurnJoules(path.Exchange(1000, 1000).Mean, 1000, 1000, double.PositiveInfinity), 7.5 * 0.97, 7.5 * 1.03);
    }

    [Fact]
    public void Turns_that_share_a_tail_cost_no_more_than_it()
    {
        NetworkProfile profile = Shipped.Catalog.Networks.Get("5g-low-band-regional");
        var path = new NetworkPath(profile);
        Assert.Equal(profile.ActivePower.Value * 0.1 + profile.TailPower.Value * 3, path.TurnJoules(0.1, 0, 0, 3), 1e-12);
    }

    // Fits of whole-phone power: the slope in mW per Mb/s is joules per megabit; radio_power.csv.
    [Theory]
    [InlineData("4G LTE", "lte-regional")]
    [InlineData("5G NSA low-band", "5g-low-band-regional")]
    [InlineData("5G NSA mmWave", "5g-mmwave-regional")]
    public void Joules_per_byte_are_the_slopes_of_the_measured_power(string access, string file)
    {
        NetworkProfile profile = Shipped.Catalog.Networks.Get(file);
        foreach (CsvRow row in Rows("radio_power.csv").Where(r => r["access"] == access))
        {
            double joules = row.Number("slope_mw_per_mbps_fit") * 8e-9;
            double stated = row["direction"] == "uplink" ? profile.UplinkEnergyPerByte.Value : profile.DownlinkEnergyPerByte.Value;
            Assert.Equal(joules, stated, 0.01 * joules + 0.5e-9);
        }
    }

    // One way of b bytes without loss: half a round trip and b / rate, comonotone, so that the medians add up.
    [Fact]
    public void A_flight_without_loss_takes_half_a_round_trip_and_its_bytes()
    {
        var path = new NetworkPath(Shipped.Catalog.Networks.Get("5g-low-band-regional") with { Loss = Fact.Of(0, "made up") });
        Assert.Equal(0.0195 + 300e3 * 8 / 72.4e6, path.WideLeg(true, 300e3).Quantile(0.5), 0.0005);
        Assert.Equal(0.039, path.Exchange(0, 0).Quantile(0.5), 0.0005);
    }

    // Mean of a flight of one packet with loss l: half a round trip + timeout · Σ (1 − l)·l^k·(2^k − 1) = … + timeout · l / (1 − 2l).
    [Theory]
    [InlineData(0.01)]
    [InlineData(0.1)]
    public void Lost_packets_wait_for_doubling_timeouts(double loss)
    {
        NetworkProfile profile = Shipped.Catalog.Networks.Get("lte-regional");
        double half = new NetworkPath(profile with { Loss = Fact.Of(0, "made up") }).WideLeg(true, 100).Mean;
        var path = new NetworkPath(profile with { Loss = Fact.Of(loss, "made up") });
        double expected = half + path.ProbeTimeout * loss / (1 - 2 * loss);
        Assert.Equal(expected, path.WideLeg(true, 100).Mean, 0.0005 * expected);
        Assert.True(path.WideLeg(true, 100).Quantile(0.995) > half + (path.ProbeTimeout * 0.9));
    }

    // RFC 9002, 6.2.1, for a round trip that hardly varies: itself + 1 ms of granularity + 25 ms.
    [Fact]
    public void The_probe_timeout_of_a_steady_link_is_its_round_trip_and_the_acknowledgement_delay()
    {
        NetworkProfile profile = Shipped.Catalog.Networks.Get("lte-regional") with { RoundTrip = [new QuantilePoint(0.5, Fact.Of(0.05, "made up"))] };
        Assert.Equal(0.05 + 0.001 + 0.025, new NetworkPath(profile).ProbeTimeout, 1e-9);
    }

    [Fact]
    public void A_longer_message_or_a_hop_never_is_faster()
    {
        NetworkProfile wifi = Shipped.Catalog.Networks.Get("wifi-home");
        var near = new NetworkPath(wifi);
        var far = new NetworkPath(wifi, Shipped.Catalog.Networks.Get("phone-link"));
        double before = 0;
        foreach (double bytes in (double[])[0, 1e3, 1e4, 3e5])
        {
            double seconds = near.Exchange(bytes, bytes).Quantile(0.95);
            Assert.True(seconds >= before);
            Assert.True(far.Exchange(bytes, bytes).Quantile(0.95) > seconds);
            before = seconds;
        }
    }

    [Theory]
    [InlineData("loss: { value: 0.2 %, low: 0.1 %, high: 1 %, source: loss", "loss: { value: 120 %, source: loss", "loss.value", "at most 0.9")]
    [InlineData("  p50: { value: 20 Mb/s, low: 5 Mb/s, high: 100 Mb/s, assumed", "  p50: { value: 0 Mb/s, assumed", "uplink.p50.value", "at least 1")]
    [InlineData("  p50: { value: 20 Mb/s, low: 5 Mb/s, high: 100 Mb/s, assumed", "  p60: { value: 20 Mb/s, assumed", "uplink", "needs p50; found only p60")]
    [InlineData("access: wifi", "access: wi-fi", "access", "allowed: wifi, lte")]
    public void A_wrong_value_is_told_with_file_line_and_what_is_allowed(string right, string wrong, string path, string expected)
    {
        string text = File.ReadAllText(Repository.Path("catalog", "networks", "wifi-home.yaml"));
        Assert.Contains(right, text, StringComparison.Ordinal);
        YamlFile file = YamlFile.Parse("wifi.yaml", text.Replace(right, wrong, StringComparison.Ordinal));
        NetworkProfileReader.Read(file);
        Diagnostic problem = Assert.Single(Assert.Throws<InputException>(file.Close).Diagnostics);
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
        Assert.Equal(path, problem.Field);
        Assert.True(problem.Line > 0);
    }

    private static IReadOnlyList<CsvRow> Rows(string file) => CsvTable.Read(Repository.SharedData("devices", file)).Rows;
}
