using System.Globalization;

namespace Fleetwright.Hardware.Power;

/// <summary>What one measured kernel did, and the watts that it drew.</summary>
/// <param name="Name">The kernel, such as <c>hotspot_k1</c>.</param>
/// <param name="Watts">Measured mean power.</param>
/// <param name="ActiveShare">Share of the cores that were not idle.</param>
/// <param name="Duty">Share of issue slots in use, over all cores.</param>
/// <param name="LocalAccesses">Accesses to L1 and shared memory a cycle.</param>
public sealed record KernelActivity(string Name, double Watts, double ActiveShare, double Duty, double LocalAccesses)
{
    private const double V100Cores = 80;

    // The two files name benchmarks differently; kernels of one benchmark are numbered k1, k2 in file order.
    private static readonly (string Counters, string Power)[] Benchmarks =
    [
        ("b+tree", "btree"), ("backprop", "backprop"), ("hotspot", "hotspot"), ("kmeans", "kmeans"), ("srad_v1", "srad_v1"), ("parboil-sad", "parboil_sad"), ("parboil-sgemm", "parboil_sgemm"),
        ("parboil-mri-q", "parboil_mriq"), ("dct8x8", "dct8x8"), ("binomialOptions", "binomialOptions"), ("fastWalshTransform", "fastWalshTransform"), ("histogram", "histogram"), ("mergeSort", "mergeSort"),
        ("quasirandomGenerator", "quasirandomGenerator"), ("sobolQRNG", "sobolQRNG"), ("cutlass_perf_test", "cutlass"), ("cudaTensorCoreGemm", "cudaTensorCoreGemm"),
    ];

    /// <summary>AccelWattch's V100 kernels that have both counters and watts (25), from the folder of <c>hw_perf.csv</c> and <c>hw_power_validation_volta.csv</c>.</summary>
    public static IReadOnlyList<KernelActivity> ReadAccelWattch(string folder)
    {
        var watts = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (string line in File.ReadLines(Path.Combine(folder, "hw_power_validation_volta.csv")).Skip(1).Where(l => l.Length > 0))
        {
            string[] cells = line.Split(',');
            watts[cells[0]] = Number(cells[1]);
        }

        string[] lines = File.ReadAllLines(Path.Combine(folder, "hw_perf.csv"));
        string[] heads = lines[0].Split(',');
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var kernels = new List<KernelActivity>();
        foreach (string line in lines.Skip(1).Where(l => l.Length > 0))
        {
            // Kernel names of templates hold no commas, but may be long; the last columns are numbers.
            string[] cells = line.Split(',');
            string benchmark = Benchmarks.First(b => cells[0].StartsWith(b.Counters, StringComparison.Ordinal)).Power;
            int number = numbers[benchmark] = numbers.GetValueOrDefault(benchmark) + 1;
            string name = string.Create(CultureInfo.InvariantCulture, $"{benchmark}_k{number}");
            double At(string head) => Number(cells[Array.IndexOf(heads, head)]);
            if (watts.TryGetValue(name, out double measured))
            {
                double active = 1 - (At("Num_Idle_SMs") / V100Cores), accesses = At("L1_RH") + At("L1_RM") + At("L1_WH") + At("L1_WM") + At("SHRD_ACC");
                kernels.Add(new KernelActivity(name, measured, active, At("Pipeline_Duty") * active, accesses / At("Elapsed_Cycles")));
            }
        }

        return kernels;
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
