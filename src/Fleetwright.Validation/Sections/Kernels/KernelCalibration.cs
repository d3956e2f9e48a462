using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Calibration;

namespace Fleetwright.Validation.Sections.Kernels;

/// <summary>The calibration run afresh: its errors on shapes left out, and whether its files are those that ship.</summary>
/// <param name="Lines">A line a fit.</param>
/// <param name="Files">How many files it gives.</param>
/// <param name="Different">Names of files that do not equal the catalogue's byte for byte.</param>
internal sealed record KernelCalibration(IReadOnlyList<CalibrationLine> Lines, int Files, IReadOnlyList<string> Different)
{
    /// <summary>Names of operators, in the order of the page.</summary>
    public static IReadOnlyList<(string Family, string Words)> Families { get; } =
        [("gemm", "products"), ("grouped_gemm", "experts"), ("context_attention", "prefill attention"), ("decode_attention", "decode attention"), ("collectives", "collectives")];

    /// <summary>Fits everything into a temporary folder.</summary>
    public static KernelCalibration Run(ValidationContext context, string kernels)
    {
        string folder = Directory.CreateTempSubdirectory("fleetwright-validate-").FullName;
        try
        {
            // The calibrator stops between fits, which take up to a minute; a stopped run does not wait for the one in hand, which then writes nothing.
            IReadOnlyList<CalibrationLine> lines = Task.Run(() => Calibrator.Run(context.Catalog, kernels, folder, done => context.Progress($"  calibration: {done}"), context.Cancellation), CancellationToken.None)
                .WaitAsync(context.Cancellation).GetAwaiter().GetResult();
            string[] files = [.. Directory.GetFiles(folder, "*.yaml").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
            string shipped = Path.Combine(context.Catalog.Root, "calibration");
            return new KernelCalibration(lines, files.Length, [.. files.Where(f => !Same(Path.Combine(folder, f), Path.Combine(shipped, f)))]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The words for a family of operators; one that is split by kernel keeps the kernel's name.</summary>
    public static string Words(string family)
    {
        foreach ((string name, string words) in Families)
        {
            if (family.StartsWith(name, StringComparison.Ordinal))
            {
                return words + family[name.Length..];
            }
        }

        return family;
    }

    /// <summary>Where a family stands on the page.</summary>
    public static int Place(string family) => Families.ToList().FindIndex(f => family.StartsWith(f.Family, StringComparison.Ordinal)) is >= 0 and int place ? place : Families.Count;

    /// <summary>Whether a line is of kernels on a chip, and not of a host or of power, which have pages of their own.</summary>
    public static bool IsKernel(CalibrationLine line) => Place(line.Family) < Families.Count;

    /// <summary>Whether a line is of a kernel that ran few of its family's rows: it is named beside the family.</summary>
    public static bool IsMinor(CalibrationLine line) => line.Family.Contains(' ', StringComparison.Ordinal);

    /// <summary>The number format of a line. The one kernel of products that is kept by its own name scales blocks; of experts, a kernel's name holds its format.</summary>
    public static string Format(CalibrationLine line) =>
        line.Format.Length == 0 ? "–" : line.Family == "gemm" && !Dtypes.TryParse(line.Format, out _) ? $"fp8_block ({line.Format})" : line.Format;

    /// <summary>The folders that the calibration needs; null, with what is absent noted, when one is not there.</summary>
    public static string? Folder(SectionBuilder to)
    {
        string?[] folders = [.. Calibrator.Measured.Select(m => to.Find($"kernels/{m.Folder}"))];
        return folders.Contains(null) ? null : to.Find("kernels");
    }

    private static bool Same(string one, string other) => File.Exists(other) && File.ReadAllBytes(one).AsSpan().SequenceEqual(File.ReadAllBytes(other));
}
