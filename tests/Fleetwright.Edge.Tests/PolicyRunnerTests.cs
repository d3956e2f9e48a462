using System.Diagnostics;
using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Policies;
using Fleetwright.Edge.Turns;
using Fleetwright.Testing;

namespace Fleetwright.Edge.Tests;

/// <summary>Policies applied to turns.</summary>
public sealed class PolicyRunnerTests
{
    private static readonly PolicyRunner Runner = new(PolicyFile.Read(Repository.Path("examples", "xr-policy", "policy.json")));

    [Fact]
    public void A_turn_takes_the_first_route_that_takes_its_prompt()
    {
        Decision shortest = Runner.Decide("spoken", 600)!;
        Assert.Equal((Tiers.Device, "llama-3.2-1b", 512, 0.8), (shortest.Tier, shortest.Model, shortest.PromptTokens, shortest.TimeoutSeconds));
        Decision longer = Runner.Decide("spoken", 601)!;
        Assert.Equal((Tiers.Cloud, null, 601, 2), (longer.Tier, longer.Model, longer.PromptTokens, longer.TimeoutSeconds));
    }

    [Fact]
    public void A_fallback_runs_with_the_model_and_cap_of_its_own_tier_and_falls_no_further()
    {
        Decision otherwise = Runner.Decide("spoken", 900)!.Otherwise!;
        Assert.Equal(new Decision(Tiers.Device, "llama-3.2-1b", 512, double.PositiveInfinity, null), otherwise);
    }

    [Fact]
    public void A_tier_out_of_reach_is_one_whose_time_is_up()
    {
        Assert.Equal(Runner.Decide("spoken", 900)!.Otherwise, Runner.Decide("spoken", 900, Tiers.Device));
        Decision alone = Runner.Decide("spoken", 300, Tiers.Device)!;
        Assert.Equal(Tiers.Device, alone.Tier);
        Assert.Null(alone.Otherwise);
        Assert.Null(Runner.Decide("camera", 100, Tiers.Cloud));
    }

    [Fact]
    public void A_prompt_longer_than_every_route_takes_has_no_answer()
    {
        Assert.NotNull(Runner.Decide("camera", 1024));
        Assert.Null(Runner.Decide("camera", 1025));
    }

    [Fact]
    public void A_class_that_the_policy_lacks_is_told_with_those_it_has()
        => Assert.Contains("found 'gaze'; allowed: spoken, camera", Assert.Throws<ArgumentException>(() => Runner.Decide("gaze", 1)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_decision_goes_only_where_the_class_s_routes_and_fallbacks_point()
    {
        foreach (double prompt in new[] { 1, 600, 601, 1024, 1e6 })
        {
            for (Tiers reachable = Tiers.None; reachable <= (Tiers)15; reachable++)
            {
                Assert.True(Runner.Decide("camera", prompt, reachable) is null or { Tier: Tiers.Device, Otherwise: null });
                Decision? spoken = Runner.Decide("spoken", prompt, reachable);
                Assert.Equal((reachable & (Tiers.Device | Tiers.Cloud)) == 0, spoken is null);
                Assert.True(spoken is null || reachable.HasFlag(spoken.Tier));
            }
        }
    }

    [Theory]
    [InlineData(0, "Device, llama-3.2-1b: answer to 300 prompt tokens", "spoken", "300", "device=0", "cloud=0")]
    [InlineData(0, "Device: no first token within 0.8 s\nCloud, its own model: answer to 300 prompt tokens", "spoken", "300", "device=60000", "cloud=0")]
    [InlineData(0, "Device, llama-3.2-1b: answer to 512 prompt tokens", "spoken", "900", "device=0")]
    [InlineData(3, "no tier answers", "camera", "2000", "device=0")]
    public async Task The_sample_program_applies_the_policy(int code, string said, params string[] arguments)
    {
        string configuration = Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)))!;
        string program = Repository.Path("examples", "xr-policy", "bin", configuration, "net10.0", "xr-policy.dll");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet", [program, Repository.Path("examples", "xr-policy", "policy.json"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", await error);
        Assert.Equal(said, output.Trim().ReplaceLineEndings("\n"));
        Assert.Equal(code, process.ExitCode);
    }

    [Fact]
    public void The_sample_has_at_most_sixty_lines()
        => Assert.InRange(File.ReadAllLines(Repository.Path("examples", "xr-policy", "Program.cs")).Length, 1, 60);
}
