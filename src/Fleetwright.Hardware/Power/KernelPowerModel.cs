namespace Fleetwright.Hardware.Power;

/// <summary>
/// Watts of a kernel from what it does: W = static + active·(share of cores) + issue·(share of issue slots) + access·(local accesses a cycle).
/// The form that designs use (docs/designs.md, "Power") with its four constants fitted on measured kernels, to score it.
/// </summary>
/// <param name="Static">Watts of the chip whatever it does.</param>
/// <param name="Active">Watts of all cores when they are awake.</param>
/// <param name="Issue">Watts of all issue slots in use: arithmetic and its operands.</param>
/// <param name="Access">Watts per access a cycle to L1 or shared memory, with what follows it further out.</param>
public sealed record KernelPowerModel(double Static, double Active, double Issue, double Access)
{
    private const int Terms = 4;

    /// <summary>Watts of a kernel.</summary>
    public double Watts(KernelActivity kernel) => Static + (Active * kernel.ActiveShare) + (Issue * kernel.Duty) + (Access * kernel.LocalAccesses);

    /// <summary>The least squares of the relative error with no constant below zero, by coordinate descent.</summary>
    /// <param name="kernels">Measured kernels.</param>
    /// <param name="without">The index of one to leave out; -1 for none.</param>
    public static KernelPowerModel Fit(IReadOnlyList<KernelActivity> kernels, int without = -1)
    {
        double[][] rows = [.. kernels.Where((_, i) => i != without).Select(k => new[] { 1 / k.Watts, k.ActiveShare / k.Watts, k.Duty / k.Watts, k.LocalAccesses / k.Watts })];
        double[] left = [.. rows.Select(_ => 1.0)], constants = new double[Terms];
        for (int pass = 0; pass < 2000; pass++)
        {
            for (int j = 0; j < Terms; j++)
            {
                double down = 0, square = 0;
                for (int i = 0; i < rows.Length; i++)
                {
                    down += rows[i][j] * left[i];
                    square += rows[i][j] * rows[i][j];
                }

                double step = Math.Max(constants[j] + (down / square), 0) - constants[j];
                constants[j] += step;
                for (int i = 0; i < rows.Length; i++)
                {
                    left[i] -= step * rows[i][j];
                }
            }
        }

        return new KernelPowerModel(constants[0], constants[1], constants[2], constants[3]);
    }

    /// <summary>Relative error of every kernel priced with constants fitted on all others, in the order given.</summary>
    public static IReadOnlyList<double> LeaveOneOut(IReadOnlyList<KernelActivity> kernels) =>
        [.. kernels.Select((k, i) => (Fit(kernels, i).Watts(k) / k.Watts) - 1)];
}
