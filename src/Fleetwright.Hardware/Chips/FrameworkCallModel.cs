using Fleetwright.Catalog.Chips;
using Fleetwright.Hardware.Kernels;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Chips;

/// <summary>
/// Time of an operator that a framework calls on its own and waits for, as tables of single calls are measured:
/// max(host, launch + kernel). A serving engine's captured graph pays none of it.
/// </summary>
/// <param name="chip">Prices the kernel.</param>
/// <param name="calls">What the framework adds.</param>
public sealed class FrameworkCallModel(ChipModel chip, FrameworkCalls calls)
{
    /// <summary>Seconds of a call of a matrix product or a vector operator.</summary>
    public double Seconds(in Operator op) => Seconds(CallOf(op), chip.Price(op).Seconds);

    /// <summary>Seconds of a call whose kernel takes <paramref name="kernelSeconds"/>.</summary>
    public static double Seconds(FrameworkCall call, double kernelSeconds) => Math.Max(call.HostSeconds, call.LaunchSeconds + kernelSeconds);

    private FrameworkCall CallOf(in Operator op) =>
        op.Kind == OperatorKind.Elementwise && calls.Vector.TryGetValue(VectorModel.KindOf(op.Role), out FrameworkCall own) ? own : calls.Product;
}
