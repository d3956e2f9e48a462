using Fleetwright.Hardware.Power;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests.Power;

public class KernelPowerTests(ITestOutputHelper output)
{
    [Fact]
    public void Watts_of_each_V100_kernel_follow_from_those_of_the_others_within_a_tenth_on_average()
    {
        IReadOnlyList<KernelActivity> kernels = KernelActivity.ReadAccelWattch(Repository.SharedData("chips", "accelwattch"));
        IReadOnlyList<double> errors = KernelPowerModel.LeaveOneOut(kernels);
        double mean = errors.Average(Math.Abs), largest = errors.Max(Math.Abs);
        output.WriteLine(FormattableString.Invariant($"{kernels.Count} kernels: MAPE {mean:0.0 %}, largest {largest:0.0 %}; {KernelPowerModel.Fit(kernels)}"));
        Assert.Equal(25, kernels.Count);
        Assert.InRange(mean, 0, 0.10);
    }

    [Fact]
    public void Constants_are_found_again_in_watts_that_they_made()
    {
        var made = new KernelPowerModel(80, 40, 70, 0.8);
        KernelActivity[] kernels = [.. Enumerable.Range(1, 20).Select(i => new KernelActivity($"k{i}", 1, (i * 7 % 20) / 20.0, (i * 3 % 11) / 11.0, i * 13 % 50))];
        KernelPowerModel found = KernelPowerModel.Fit([.. kernels.Select(k => k with { Watts = made.Watts(k) })]);
        Assert.Equal(made.Static, found.Static, 0.01);
        Assert.Equal(made.Active, found.Active, 0.01);
        Assert.Equal(made.Issue, found.Issue, 0.01);
        Assert.Equal(made.Access, found.Access, 0.001);
    }
}
