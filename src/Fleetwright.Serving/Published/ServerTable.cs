using Fleetwright.Catalog;

namespace Fleetwright.Serving.Published;

/// <summary>Tables of closed-loop servers in the layout of <c>shared/data/silicon</c>.</summary>
public static class ServerTable
{
    /// <summary>
    /// Predicts every row of a table and writes it again with <c>predicted_ttft_ms</c>, <c>predicted_tpot_ms</c> and <c>status</c>: <c>ok</c>, or why there is no
    /// prediction. What was measured may be empty or left out.
    /// </summary>
    /// <param name="catalog">Models, chips and engines.</param>
    /// <param name="path">The table, gzipped when its name ends in <c>.gz</c>.</param>
    /// <param name="output">Where the rows go.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <returns>Rows, and how many of them were predicted.</returns>
    /// <exception cref="Catalog.Reading.InputException">The file is missing, cut, or lacks a column.</exception>
    public static (int Rows, int Predicted) Predict(FleetCatalog catalog, string path, TextWriter output, CancellationToken cancellation = default) =>
        MeasuredServers.Predict(catalog, path, output, cancellation);
}
