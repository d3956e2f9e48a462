using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Kernels;

namespace Fleetwright.Hardware.Calibration;

/// <summary>Searches the coefficients of one kernel. Which of them are free follows from how the kernel works and how its call was timed.</summary>
internal sealed class ProductSearch
{
    private const int CoreBandwidth = 4, OverlapLoss = 7, InputResidence = 14;

    private readonly string _kernel;
    private readonly Dtype _dtype;
    private readonly IReadOnlyList<Chip> _chips;
    private readonly Parameter[] _parameters;
    private readonly int[] _free;

    public ProductSearch(string kernel, Dtype dtype, IReadOnlyList<Chip> chips, IReadOnlyList<OnChip<MatrixProductRow>> rows)
    {
        _kernel = kernel;
        _dtype = dtype;
        _chips = chips;
        bool block = kernel.Contains("Fp8Block", StringComparison.Ordinal);
        bool xe = chips.All(c => c.Architecture == "xe2");
        bool splits = TileRule.For(kernel, chips[^1].Architecture).Splits;
        bool library = splits && !block;

        // The collector captured graphs, except for block-scaled products and on Intel; it cycled six weights, except for block-scaled and nvfp4 products
        // (aiconfigurator, collector/vllm/collect_gemm.py and collect_gemm_xpu.py).
        bool issuedByHost = block || xe;
        bool oneWeight = block || dtype == Dtype.Nvfp4;
        bool converts = dtype.Bytes() < 2;
        double[] seconds = [.. rows.Select(r => r.Row.Seconds).Order()];
        double fastest = seconds[seconds.Length / 10];
        _parameters =
        [
            issuedByHost ? new(5e-6, 1e-6, 9e-5) : converts ? new(4e-6, 1e-6, 3e-5) : new(2.5e-6, 2e-7, 3e-5), // 0 overhead
            new(0.85, 0.2, 1.1), // 1 matrix efficiency
            new(0.9, 0.2, 1.1), // 2 memory efficiency
            new(0.1, 0.005, 1), // 3 small tiles
            new(5, 0.3, 60), // 4 core bandwidth
            new(0.5e-6, 1e-8, 2e-5), // 5 tile latency
            new(2, 0.05, 100), // 6 store bandwidth
            new(0.25, 0.001, 0.8), // 7 overlap loss
            new(0.1, 0.001, 1), // 8 throttle loss
            splits ? new(2.5e-6, 1e-8, 2e-5) : Fixed(0), // 9 join latency
            splits ? new(2, 0.05, 50) : Fixed(0), // 10 join bandwidth
            new(0.5, 0.001, 1), // 11 wave sharing
            new(4, 0.5, 100), // 12 stream bandwidth
            new(1e-9, 5e-11, 1.5e-8), // 13 inner latency
            new(0.4, 0.02, 0.99), // 14 input residence
            library ? Fixed(0) : new(3, 0.5, 30), // 15 shared bandwidth: a library's tiles keep off it
            issuedByHost ? new(fastest, fastest / 2, fastest * 3) : Fixed(0), // 16 host overhead
            kernel.StartsWith("DeepGemm", StringComparison.Ordinal) ? new(1e-5, 1e-7, 2e-4) : Fixed(0), // 17 unaligned host overhead
            converts ? new(6e-9, 1e-10, 5e-8) : Fixed(0), // 18 row conversion
            converts ? new(2e-12, 1e-14, 2e-11) : Fixed(0), // 19 element conversion
            oneWeight ? new(0.3, 0.02, 0.99) : Fixed(1), // 20 weight residence
            xe ? new(0.2, 0.001, 2) : Fixed(0), // 21 pitch conflict
            xe ? new(0.3, 0.02, 0.99) : Fixed(1), // 22 output residence
            converts ? new(2e-6, 1e-8, 3e-4) : Fixed(0), // 23 single row
        ];
        _free = [.. Enumerable.Range(0, _parameters.Length).Where(i => _parameters[i].High > _parameters[i].Low)];
    }

    /// <summary>Where a search starts.</summary>
    public double[] Start((double CoreBandwidth, double OverlapLoss, double InputResidence) valley)
    {
        double[] values = [.. _parameters.Select(p => p.Start)];
        (values[CoreBandwidth], values[OverlapLoss], values[InputResidence]) = valley;
        return values;
    }

    /// <summary>The model of every chip.</summary>
    public MatrixProductModel[] Models(double[] values, IReadOnlyList<double>? factors = null)
    {
        MatrixProductCoefficients coefficients = Build(values, factors);
        return [.. _chips.Select(c => new MatrixProductModel(coefficients, c, c.MatrixRates[_dtype], _dtype.Bytes(), asMeasured: true))];
    }

    /// <summary>The coefficients of parameter values.</summary>
    public MatrixProductCoefficients Build(double[] v, IReadOnlyList<double>? factors = null) => new()
    {
        Kernel = _kernel,
        Overhead = v[0],
        MatrixEfficiency = v[1],
        MemoryEfficiency = v[2],
        SmallTileExponent = v[3],
        CoreBandwidth = v[4],
        TileLatency = v[5],
        StoreBandwidth = v[6],
        OverlapLoss = v[7],
        ThrottleLoss = v[8],
        JoinLatency = v[9],
        JoinBandwidth = v[10],
        WaveSharing = v[11],
        StreamBandwidth = v[12],
        InnerLatency = v[13],
        InputResidence = v[14],
        SharedBandwidth = v[15],
        HostOverhead = v[16],
        UnalignedHostOverhead = v[17],
        RowConversion = v[18],
        ElementConversion = v[19],
        WeightResidence = v[20],
        PitchConflict = v[21],
        OutputResidence = v[22],
        SingleRowOverhead = v[23],
        ShapeFactors = factors ?? [],
    };

    /// <summary>The values of least mean |log error| on <paramref name="rows"/>, and that error.</summary>
    public (double[] Values, double Loss) Best(OnChip<MatrixProductRow>[] rows, double[] start, int evaluations, double step)
    {
        double[] logs = [.. rows.Select(r => Math.Log(r.Row.Seconds))];
        double operandBytes = _dtype.Bytes();
        double[] x = [.. _free.Select(i => Math.Log(start[i]))];
        for (int round = 0; round < 4; round++)
        {
            x = NelderMead.Minimise(Loss, x, step, evaluations / 4, adaptive: true);
            step = -step * 0.6;
        }

        return (Inside(x, start, out _), Loss(x));

        double Loss(double[] at)
        {
            MatrixProductModel[] models = Models(Inside(at, start, out double outside));
            double sum = 0;
            for (int i = 0; i < rows.Length; i++)
            {
                MatrixProductRow row = rows[i].Row;
                sum += Math.Abs(Math.Log(models[rows[i].Chip].Seconds(row.M, row.N, row.K, operandBytes)) - logs[i]);
            }

            return (sum / rows.Length) + outside;
        }
    }

    private static Parameter Fixed(double value) => new(value, value, value);

    private double[] Inside(double[] at, double[] fixedAt, out double outside)
    {
        double[] values = [.. fixedAt];
        outside = 0;
        for (int i = 0; i < _free.Length; i++)
        {
            Parameter parameter = _parameters[_free[i]];
            double free = Math.Exp(Math.Clamp(at[i], -60, 60));
            double value = Math.Clamp(free, parameter.Low, parameter.High);
            values[_free[i]] = value;
            outside += 0.1 * Math.Abs(Math.Log(free / value));
        }

        return values;
    }
}
