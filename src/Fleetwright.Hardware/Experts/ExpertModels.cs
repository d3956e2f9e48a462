using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Kernels;

namespace Fleetwright.Hardware.Experts;

/// <summary>
/// The models of a chip's fused kernels of experts: those that a step's products take, by number format, and those of a table's rows, by kernel.
/// A kernel that was not measured on the chip takes the coefficients of a relative: the same kernel on other chips, else the same code in the
/// nearest format, else what a step takes.
/// </summary>
internal sealed class ExpertModels
{
    private static readonly int Formats = Enum.GetValues<ExpertFormat>().Length;

    private readonly Chip _chip;
    private readonly ChipCoefficients _own;
    private readonly IReadOnlyDictionary<string, GroupedProductCoefficients> _relatives;
    private readonly Func<Dtype, (double Peak, double Sustained, Dtype RunsAs)> _rates;
    private readonly GroupedProductModel[] _steps = new GroupedProductModel[Dtypes.All.Count * Dtypes.All.Count];
    private readonly GroupedProductModel[] _spreadSteps = new GroupedProductModel[Dtypes.All.Count * Dtypes.All.Count];
    private readonly GroupedProductModel?[] _kernels = new GroupedProductModel?[Enum.GetValues<ExpertFamily>().Length * Formats];

    /// <summary>The kernels of a chip.</summary>
    /// <param name="chip">The chip.</param>
    /// <param name="own">Its coefficients.</param>
    /// <param name="relatives">Kernels measured on other chips.</param>
    /// <param name="rates">Peak rate, sustained rate and the format that runs, for a format that is asked for.</param>
    public ExpertModels(Chip chip, ChipCoefficients own, IReadOnlyDictionary<string, GroupedProductCoefficients> relatives, Func<Dtype, (double Peak, double Sustained, Dtype RunsAs)> rates)
    {
        _chip = chip;
        _own = own;
        _relatives = relatives;
        _rates = rates;
        foreach (Dtype stored in Dtypes.All)
        {
            foreach (Dtype compute in Dtypes.All)
            {
                GroupedProductModel step = Step(stored, compute);
                _steps[Index(stored, compute)] = step;
                _spreadSteps[Index(stored, compute)] = Spread(step, stored);
            }
        }
    }

    /// <summary>The kernel of a step's product.</summary>
    /// <param name="stored">Format of the weights.</param>
    /// <param name="compute">Format of the products.</param>
    /// <param name="spread">Whether other ranks hold experts too and pass over all rows.</param>
    public GroupedProductModel ForStep(Dtype stored, Dtype compute, bool spread) => (spread ? _spreadSteps : _steps)[Index(stored, compute)];

    /// <summary>The kernel of a table's row.</summary>
    public GroupedProductModel ForKernel(ExpertKernel kernel)
    {
        ref GroupedProductModel? model = ref _kernels[((int)kernel.Family * Formats) + (int)kernel.Format];
        return model ??= Build(Find(kernel), kernel);
    }

    private GroupedProductModel Build(GroupedProductCoefficients coefficients, ExpertKernel kernel)
    {
        (double peak, _, Dtype runsAs) = _rates(kernel.Compute);
        return new GroupedProductModel(coefficients, kernel, kernel.Stored, runsAs, peak, _chip);
    }

    // Weights that are converted on their way to a wider product (int4 and mxfp4 with 16-bit ones) have kernels of their own where measured;
    // elsewhere they take those of the product, fed at the bytes that the weights have.
    private GroupedProductModel Step(Dtype stored, Dtype compute)
    {
        (double peak, double sustained, Dtype runsAs) = _rates(compute);
        bool narrow = stored != compute && stored.Bytes() < runsAs.Bytes();
        if (narrow && _own.GroupedGemm.TryGetValue(stored, out GroupedProductCoefficients? own) && ExpertKernel.TryParse(own.Kernel, out ExpertKernel measured))
        {
            (peak, _, runsAs) = _rates(measured.Compute);
            return new GroupedProductModel(own, measured, stored, runsAs, peak, _chip);
        }

        GroupedProductCoefficients coefficients = NearestStep(runsAs) ?? DefaultCoefficients.GroupedProduct(_own, sustained / peak, _chip);
        ExpertKernel kernel = ExpertKernel.TryParse(coefficients.Kernel, out ExpertKernel named) ? named : new(ExpertFamily.Unknown, ExpertFormat.Bf16);
        return new GroupedProductModel(coefficients, kernel, narrow ? stored : runsAs, runsAs, peak, _chip);
    }

    // vLLM runs block-scaled experts on Hopper with Triton on one rank and with CUTLASS when they are spread over ranks (the tables' kernel_source).
    private GroupedProductModel Spread(GroupedProductModel step, Dtype stored)
    {
        var spread = new ExpertKernel(ExpertFamily.Cutlass, ExpertFormat.Fp8Block);
        bool other = stored == Dtype.Fp8 && step.Kernel == new ExpertKernel(ExpertFamily.Triton, ExpertFormat.Fp8Block);
        return other && _own.GroupedGemmKernels.TryGetValue(spread.Name, out GroupedProductCoefficients? coefficients) ? Build(coefficients, spread) : step;
    }

    private GroupedProductCoefficients Find(ExpertKernel kernel) =>
        _own.GroupedGemmKernels.GetValueOrDefault(kernel.Name)
        ?? _relatives.GetValueOrDefault(kernel.Name)
        ?? NearestFormat(_own.GroupedGemmKernels, kernel)
        ?? NearestFormat(_relatives, kernel)
        ?? NearestStep(_rates(kernel.Compute).RunsAs)
        ?? DefaultCoefficients.GroupedProduct(_own, _rates(kernel.Compute).Sustained / _rates(kernel.Compute).Peak, _chip);

    // The same code in the format whose operands and weights are nearest in width; the two ages of vLLM's Triton kernel count as one.
    private static GroupedProductCoefficients? NearestFormat(IReadOnlyDictionary<string, GroupedProductCoefficients> kernels, ExpertKernel wanted)
    {
        GroupedProductCoefficients? nearest = null;
        double least = double.PositiveInfinity;
        foreach ((string name, GroupedProductCoefficients coefficients) in kernels.OrderBy(k => k.Key, StringComparer.Ordinal))
        {
            if (ExpertKernel.TryParse(name, out ExpertKernel kernel) && Code(kernel.Family) == Code(wanted.Family))
            {
                double distance = Math.Abs(Math.Log2(kernel.Compute.Bytes() / wanted.Compute.Bytes())) + (0.5 * Math.Abs(Math.Log2(kernel.Stored.Bytes() / wanted.Stored.Bytes())));
                if (distance < least)
                {
                    (nearest, least) = (coefficients, distance);
                }
            }
        }

        return nearest;

        static ExpertFamily Code(ExpertFamily family) => family switch
        {
            ExpertFamily.Triton014 => ExpertFamily.Triton,
            ExpertFamily.TrtLlmModular => ExpertFamily.TrtLlm,
            _ => family,
        };
    }

    private GroupedProductCoefficients? NearestStep(Dtype format) =>
        _own.GroupedGemm.TryGetValue(format, out GroupedProductCoefficients? own) ? own
            : _own.GroupedGemm.Where(e => e.Key is not (Dtype.Int4 or Dtype.Mxfp4))
                .OrderBy(e => Math.Abs(Math.Log2(e.Key.Bytes() / format.Bytes()))).ThenBy(e => e.Key).Select(e => e.Value).FirstOrDefault();

    private static int Index(Dtype stored, Dtype compute) => ((int)stored * Dtypes.All.Count) + (int)compute;
}
