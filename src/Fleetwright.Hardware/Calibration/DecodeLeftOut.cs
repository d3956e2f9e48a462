using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Kernels;

namespace Fleetwright.Hardware.Calibration;

/// <summary>Decode attention in bf16 on an architecture that the fit has not seen: coefficients of all other data-centre chips, the kernel and data sheet of its own.</summary>
internal static class DecodeLeftOut
{
    // B60's host starts its kernels one by one, which no other chip's rows can tell: its floor is given.
    private const double HostFloor = 65e-6;
    private const string WorkstationArchitecture = "xe2";

    /// <summary>Scores the chips of an architecture by a fit to the others.</summary>
    /// <param name="catalog">Facts.</param>
    /// <param name="kernels">The folder of measured kernels.</param>
    /// <param name="architecture">The one left out.</param>
    public static IReadOnlyList<(Chip Chip, ErrorScore Score)> Score(FleetCatalog catalog, string kernels, string architecture)
    {
        (Chip Chip, AttentionTiles Tiles, List<AttentionRow> Rows)[] all = [.. Calibrator.Measured.Select(Main)];
        var fitted = all.Where(m => m.Chip.Architecture != architecture && m.Chip.Architecture != WorkstationArchitecture).ToArray();
        DecodeAttentionCoefficients coefficients = DecodeAttentionFit.Run(
            [.. fitted.Select(f => f.Chip)], [.. fitted.Select(f => f.Tiles)], [.. fitted.SelectMany((f, i) => f.Rows.Select(r => new OnChip<AttentionRow>(i, r)))], i => i);
        double kernel = coefficients.KernelLatency > 0 ? coefficients.KernelLatency : DecodeAttentionFit.AssumedKernelLatency;
        double floor = architecture == WorkstationArchitecture ? HostFloor : 0;
        return [.. all.Where(m => m.Chip.Architecture == architecture).Select(m =>
        {
            var model = new DecodeAttentionModel(coefficients with { Tiles = m.Tiles, KernelLatency = kernel, LaunchFloor = floor }, m.Chip, m.Chip.MatrixRates[Dtype.Bf16]);
            return (m.Chip, ErrorScore.Of(m.Rows.Select(r => Math.Max(model.LaunchFloor, model.Overhead + model.MemorySeconds(model.Plan(r.Op))) / r.Seconds)));
        })];

        (Chip Chip, AttentionTiles Tiles, List<AttentionRow> Rows) Main((string Name, string Folder) measured)
        {
            Chip chip = catalog.Chips.Get(measured.Name);
            List<AttentionRow> rows = AttentionFit.Read(Path.Combine(kernels, measured.Folder, "generation_attention.csv.gz"), "bfloat16", chip, out _);
            string main = AttentionFit.MainKernel(rows);
            return (chip, AttentionFit.TilesOf(main, chip), rows.FindAll(r => r.Kernel == main));
        }
    }
}
