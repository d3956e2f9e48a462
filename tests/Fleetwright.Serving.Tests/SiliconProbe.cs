using System.Globalization;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Published;
using Fleetwright.Testing;

namespace Fleetwright.Serving.Tests;

public class SiliconProbe
{
    [Fact]
    public void Dump()
    {
        string path = Repository.SharedData("silicon", "measured_serving.csv.gz");
        var left = new List<string>();
        IReadOnlyList<MeasuredServer> servers = MeasuredServers.Read(Fixtures.Catalog, path, left);
        foreach (var g in left.GroupBy(l => l)) { Console.WriteLine($"{g.Count()} {g.Key}"); }
        var clock = System.Diagnostics.Stopwatch.StartNew();
        CatalogTest(servers);
        Console.WriteLine($"{clock.Elapsed.TotalSeconds} s for {servers.Count}");
    }

    private static void CatalogTest(IReadOnlyList<MeasuredServer> servers)
    {
        var engines = EngineOptions.Of(Fixtures.Catalog);
        double F(string name, double d) => Environment.GetEnvironmentVariable(name) is { } t ? double.Parse(t, CultureInfo.InvariantCulture) : d;
        IReadOnlyList<ServedRow> rows = MeasuredServers.Predict(Fixtures.Catalog, servers, n => engines.Get(n) is var e ? e with
        {
            HostSecondsPerStep = F("HOST_" + n, e.HostSecondsPerStep), RequestOverheadSeconds = F("REQ_" + n, e.RequestOverheadSeconds), TokenBudget = (int)F("BUD_" + n, e.TokenBudget),
            HostSecondsPerSequence = F("HPS_" + n, e.HostSecondsPerSequence), FrontEndSecondsPerRequest = F("FER_" + n, e.FrontEndSecondsPerRequest), FrontEndSecondsPerToken = F("FET_" + n, e.FrontEndSecondsPerToken),
            BlockScaleSeconds = F("BSS_" + n, e.BlockScaleSeconds),
            Kernels = new EngineKernels(F("HID_" + n, e.Kernels.HiddenStart), F("DEN_" + n, e.Kernels.Dense), F("EXP_" + n, e.Kernels.Experts), F("PAT_" + n, e.Kernels.PromptAttention), F("DAT_" + n, e.Kernels.DecodeAttention), F("COL_" + n, e.Kernels.Collectives)),
        } : e);
        using var w = new StreamWriter(Environment.GetEnvironmentVariable("OUT") ?? "/tmp/silicon/out.csv");
        w.WriteLine("id,model,system,engine,format,tp,ep,dp,conc,isl,osl,draws,ttft,tpot,pttft,ptpot");
        foreach (ServedRow r in rows)
        {
            MeasuredServer s = r.Server;
            w.WriteLine(FormattableString.Invariant($"{s.Id},{s.ModelName},{s.System},{s.Engine},{s.Format},{s.Sharding.TensorParallel},{s.Sharding.ExpertParallel},{s.Sharding.AttentionDataParallel},{s.Concurrency},{s.PromptTokens},{s.OutputTokens},{s.DrawsLengths},{r.Ttft.Measured},{r.Tpot.Measured},{r.Ttft.Predicted},{r.Tpot.Predicted}"));
        }
        Console.WriteLine($"TPOT {ErrorScore.Of(rows.Select(r => r.Tpot))}");
        Console.WriteLine($"TTFT {ErrorScore.Of(rows.Select(r => r.Ttft))}");
    }
}
