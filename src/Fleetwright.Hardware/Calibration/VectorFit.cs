using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Kernels;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Calibration;

/// <summary>A measured call of a vector operator.</summary>
/// <param name="Op">What was called.</param>
/// <param name="Seconds">Measured time, the framework's part included.</param>
internal readonly record struct VectorRow(Operator Op, double Seconds);

/// <summary>What a fit of one kind of vector operator found.</summary>
/// <param name="Coefficients">The kernel, with the error of shapes left out.</param>
/// <param name="Call">What the framework adds.</param>
/// <param name="LeftOut">Relative error of every row by the fit that did not see its shape.</param>
internal sealed record VectorFitted(VectorCoefficients Coefficients, FrameworkCall Call, IReadOnlyList<double> LeftOut);

/// <summary>Fits vector kernels and the framework's call to tables of single calls; every shape is scored by a fit without it.</summary>
internal static class VectorFit
{
    private const int Evaluations = 1800;

    public static VectorFitted Run(Chip chip, VectorKind kind, IReadOnlyList<VectorRow> rows, double launchOverhead)
    {
        // Rows of one number format: an element-wise call's host and launch start where the shortest measured call lies.
        Parameter[] parameters = Parameters(kind, rows.Min(r => r.Seconds));
        double[] values = Best(rows);
        var leftOut = new double[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            Operator own = rows[i].Op;
            (VectorModel model, FrameworkCall call) = Build(Best([.. rows.Where(r => r.Op.M != own.M || r.Op.N != own.N)]));
            leftOut[i] = (Seconds(model, call, own) / rows[i].Seconds) - 1;
        }

        (VectorCoefficients coefficients, FrameworkCall found) = Unpack(kind, values);
        return new VectorFitted(coefficients with { Quality = Quality.OfRatios(leftOut.Select(e => 1 + e)) }, found, leftOut);

        // Fixed starts, so that nothing of a left-out row is remembered.
        double[] Best(IReadOnlyList<VectorRow> some) =>
            Fit.Best(some, parameters, Build, (m, r) => Seconds(m.Model, m.Call, r.Op), r => r.Seconds, Evaluations);

        (VectorModel Model, FrameworkCall Call) Build(double[] v)
        {
            (VectorCoefficients coefficients, FrameworkCall call) = Unpack(kind, v);
            return (new VectorModel(coefficients, chip.VectorRate!.Value, chip.Cores, chip.MemoryBandwidth, launchOverhead), call);
        }
    }

    private static double Seconds(VectorModel model, FrameworkCall call, in Operator op)
    {
        VectorSeconds seconds = model.Price(op, op.MemoryBytes);
        return FrameworkCallModel.Seconds(call, seconds.Overhead + Math.Max(seconds.Vector, seconds.Memory));
    }

    private static Parameter[] Parameters(VectorKind kind, double shortest)
    {
        var host = new Parameter(shortest, shortest / 20, shortest * 2);
        var launch = new Parameter(shortest * 0.85, shortest / 10, shortest * 2);
        var memory = new Parameter(0.8, 0.2, 1.05);
        var reread = new Parameter(0.2, 0.001, 1);
        var room = new Parameter(16e3, 1e3, 1e6);
        return kind switch
        {
            VectorKind.Pointwise => [host, launch, memory],
            VectorKind.Normalisation => [host, launch, memory, reread, room, new(3e-7, 1e-9, 1e-5)], // row latency

            // Kernels of softmax are never faster than the host issues them (the shortest call, 13 us, is all launch): a host's time that no row depends on only turns the search.
            _ =>
            [
                launch, memory, reread, room,
                new(40, 1, 1000), // operations of an element
                new(2e-6, 1e-8, 2e-5), // latency of long rows
                new(0.3, 0.001, 2), // loss of short kernels
                new(3e-4, 1e-5, 1e-2), // its time
            ],
        };
    }

    private static (VectorCoefficients Coefficients, FrameworkCall Call) Unpack(VectorKind kind, double[] v)
    {
        if (kind == VectorKind.Softmax)
        {
            return (new VectorCoefficients { MemoryEfficiency = v[1], Reread = v[2], RowRoom = v[3], Operations = v[4], LongRowLatency = v[5], ShortLoss = v[6], ShortSeconds = v[7] }, new FrameworkCall(0, v[0]));
        }

        var coefficients = new VectorCoefficients { MemoryEfficiency = v[2] };
        return (kind == VectorKind.Pointwise ? coefficients : coefficients with { Reread = v[3], RowRoom = v[4], RowLatency = v[5] }, new FrameworkCall(v[0], v[1]));
    }
}
