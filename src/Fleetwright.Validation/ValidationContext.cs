using Fleetwright.Catalog;

namespace Fleetwright.Validation;

/// <summary>What all sections of a run share.</summary>
/// <param name="catalog">Facts.</param>
/// <param name="data">The folder of public measurements; null when there is none.</param>
/// <param name="progress">Told what is being done, from several threads.</param>
/// <param name="cancellation">Signalled when the run is to stop.</param>
internal sealed class ValidationContext(FleetCatalog catalog, string? data, Action<string> progress, CancellationToken cancellation)
{
    private Sections.Kernels.KernelCalibration? _calibration;

    /// <summary>Facts.</summary>
    public FleetCatalog Catalog { get; } = catalog;

    /// <summary>The folder of public measurements; null when there is none.</summary>
    public string? Data { get; } = data;

    /// <summary>Told what is being done.</summary>
    public Action<string> Progress { get; } = progress;

    /// <summary>Signalled when the run is to stop.</summary>
    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>The calibration run afresh, once for all sections that need it.</summary>
    /// <param name="kernels">The folder of measured kernels.</param>
    public Sections.Kernels.KernelCalibration Calibration(string kernels) => _calibration ??= Sections.Kernels.KernelCalibration.Run(this, kernels);
}
