using System.Diagnostics;
using Fleetwright.Supply.Analysis;
using Fleetwright.Supply.Model;
using Fleetwright.Supply.Planning;
using Fleetwright.Supply.Solvers;

namespace Fleetwright.Supply.Tests;

public class SolverTests
{
    [Fact]
    public void Without_a_solver_the_result_says_how_to_get_one()
    {
        SupplyResult result = SupplyPlanner.Solve(
            Samples.Small(), new SupplyOptions { SolverSearchPath = "/nowhere" }, TestContext.Current.CancellationToken);
        Assert.Equal(SupplyStatus.NoSolver, result.Status);
        Assert.Contains("apt-get install coinor-cbc", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_solver_an_analysis_says_how_to_get_one()
    {
        SupplyOptions none = new() { SolverSearchPath = "/nowhere" };
        Assert.Contains("coinor-cbc", SupplyAnalysis.RiskFrontier(Samples.Small(), [0], none, TestContext.Current.CancellationToken).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_ends_the_solver_and_removes_its_files()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The stand-in solver is a shell script.");
        using SolverFolder folder = new();
        string seen = folder.File("seen");
        string command = Script(folder, $"echo $$ > pid; pwd > {seen}.tmp; mv {seen}.tmp {seen}; exec sleep 600");
        using CancellationTokenSource source = new();
        Task solving = Task.Run(() => new CbcSolver(command).Solve(PlanModel.Build(Samples.Small()).Linear, 0, 0, source.Token), TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => File.Exists(seen), TimeSpan.FromSeconds(60)));
        string working = File.ReadAllText(seen).Trim();
        int pid = int.Parse(File.ReadAllText(Path.Combine(working, "pid")), System.Globalization.CultureInfo.InvariantCulture);
        source.Cancel();
        Assert.IsType<OperationCanceledException>(Assert.Throws<AggregateException>(solving.Wait).InnerException, exactMatch: false);
        Assert.False(Directory.Exists(working));
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(pid));
    }

    [Fact]
    public void A_solver_that_fails_is_a_result_with_what_it_said()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The stand-in solver is a shell script.");
        using SolverFolder folder = new();
        Script(folder, "echo out of memory >&2; exit 3");
        SupplyResult result = SupplyPlanner.Solve(
            Samples.Small(), new SupplyOptions { SolverSearchPath = folder.FullName }, TestContext.Current.CancellationToken);
        Assert.Equal((SupplyStatus.Failed, "cbc ended with code 3: out of memory"), (result.Status, result.Reason));
    }

    private static string Script(SolverFolder folder, string body)
    {
        string path = folder.File("cbc");
        File.WriteAllText(path, "#!/bin/sh\n" + body + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        return path;
    }
}
