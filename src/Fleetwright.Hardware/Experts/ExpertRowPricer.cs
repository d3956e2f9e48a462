using System.Collections.Concurrent;
using System.Globalization;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Kernels;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Experts;

/// <summary>A row of a table of fused expert layers: the columns of <c>moe.csv</c>.</summary>
/// <param name="KernelSource">The kernel that ran.</param>
/// <param name="Format">Its <c>moe_dtype</c>.</param>
/// <param name="Tokens">Tokens of the layer.</param>
/// <param name="HiddenSize">Width of the residual stream.</param>
/// <param name="InnerSize">Inner width of a whole expert.</param>
/// <param name="Choices">Experts a token.</param>
/// <param name="Experts">Experts of all ranks.</param>
/// <param name="TensorParallel">Ranks that an expert's inner width is cut over.</param>
/// <param name="Ranks">Ranks that the experts are spread over.</param>
/// <param name="Distribution"><c>balanced</c> or <c>power_law_</c> and its exponent.</param>
internal readonly record struct ExpertTableRow(
    string KernelSource, string Format, int Tokens, int HiddenSize, int InnerSize, int Choices, int Experts, int TensorParallel, int Ranks, string Distribution);

/// <summary>Seconds of a row of a table, and what holds it back.</summary>
internal readonly record struct ExpertRowCost(double Seconds, Bound Bound);

/// <summary>
/// Prices rows of a table of fused expert layers on one chip: the kernel's own model over the load that the collector timed. Loads are drawn
/// once and kept. Safe for several threads.
/// </summary>
internal sealed class ExpertRowPricer
{
    private readonly ChipModel _model;
    private readonly ExpertModels _kernels;
    private readonly ExpertLoads _loads;
    private readonly ConcurrentDictionary<(string, string), ExpertKernel> _names = new();

    /// <summary>Rows on a chip.</summary>
    /// <param name="model">The chip.</param>
    /// <param name="relatives">Coefficients to take kernels from that were not measured on this chip.</param>
    /// <param name="loads">Loads to share with other pricers.</param>
    public ExpertRowPricer(ChipModel model, ChipCoefficients? relatives = null, ExpertLoads? loads = null)
    {
        _model = model;
        _kernels = model.ExpertsWith(relatives);
        _loads = loads ?? new ExpertLoads();
    }

    /// <summary>Rows on the chip called <paramref name="name"/>; kernels that were not measured on it are taken from <c>generic</c>.</summary>
    public static ExpertRowPricer For(FleetCatalog catalog, string name) => new(ChipModel.For(catalog, name), catalog.Calibration.Find("generic"));

    /// <summary>Prices a row.</summary>
    public ExpertRowCost Price(in ExpertTableRow row)
    {
        if (!_names.TryGetValue((row.KernelSource, row.Format), out ExpertKernel kernel))
        {
            kernel = ExpertKernel.Of(row.KernelSource, row.Format);
            _names[(row.KernelSource, row.Format)] = kernel;
        }

        ExpertLoad load = _loads.Of(row, kernel);
        GroupedProductModel model = _kernels.ForKernel(kernel);
        ExpertLayer layer = Layer(row, kernel, load);
        GroupedCost cost = model.Price(layer);
        double rows = Math.Max(1, load.Rows), inner = (double)row.InnerSize / row.TensorParallel;
        OperatorCost activation = _model.Price(Operator.Elementwise(OperatorRole.Activation, rows * (layer.Up.N + inner) * 2, rows * inner * 4));
        double overhead = cost.Overhead + activation.OverheadSeconds;
        double memory = cost.Memory + activation.Seconds - activation.OverheadSeconds;
        Bound bound = overhead > Math.Max(cost.Matrix, memory) ? Bound.Launch : memory > cost.Matrix ? Bound.Memory : Bound.Matrix;
        return new ExpertRowCost(cost.Seconds + activation.Seconds, bound);
    }

    /// <summary>The two products that a row's kernel ran on the timed rank.</summary>
    public static ExpertLayer Layer(in ExpertTableRow row, ExpertKernel kernel, ExpertLoad load)
    {
        double routed = (double)row.Tokens * row.Choices;
        double inner = (double)row.InnerSize / row.TensorParallel;
        ExpertTile tile = kernel.TileOf(row.Tokens, row.Experts / row.Ranks, routed, routed / row.Experts, inner);
        double touched = Math.Max(1, load.Touched), rows = Math.Max(1, load.Rows), blocks = Math.Max(1, load.Blocks(tile.Rows));
        double up = IsGated(row, kernel) ? 2 * inner : inner;
        return new ExpertLayer(
            new GroupedProduct(touched, rows, blocks, up, row.HiddenSize, tile),
            new GroupedProduct(touched, rows, blocks, row.HiddenSize, inner, tile),
            routed,
            row.Ranks > 1);
    }

    // Nemotron 3's experts have no gate (relu², config.json: mlp_hidden_act relu2): Nano is 2688 × 1856, the larger ones choose 22 of 512.
    // The collector for vLLM 0.14 timed gated experts of every shape (collect_moe.py at commit ced205af0).
    private static bool IsGated(in ExpertTableRow row, ExpertKernel kernel) =>
        kernel.Family == ExpertFamily.Triton014 || !((row.Choices == 22 && row.Experts == 512) || (row.HiddenSize == 2688 && row.InnerSize == 1856));
}

/// <summary>Loads of expert tables, drawn once each. Safe for several threads.</summary>
internal sealed class ExpertLoads
{
    private readonly ConcurrentDictionary<(int Tokens, int Experts, int Choices, int Ranks, bool Early, string Distribution), ExpertLoad> _loads = new();

    /// <summary>The load of a row.</summary>
    public ExpertLoad Of(in ExpertTableRow row, ExpertKernel kernel)
    {
        bool early = kernel.Family == ExpertFamily.Triton014;
        var shape = (row.Tokens, row.Experts, row.Choices, row.Ranks, early, row.Distribution);
        return _loads.TryGetValue(shape, out ExpertLoad? load) ? load
            : _loads.GetOrAdd(shape, static s => ExpertLoad.Of(s.Tokens, s.Experts, s.Choices, s.Ranks, ExponentOf(s.Distribution), s.Early));
    }

    // Zero for balanced rows.
    private static double ExponentOf(string distribution) =>
        distribution == "balanced" ? 0 : double.Parse(distribution.AsSpan("power_law_".Length), NumberStyles.Float, CultureInfo.InvariantCulture);
}
