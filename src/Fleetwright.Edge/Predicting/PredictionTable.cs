using System.Globalization;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Calibration;
using Fleetwright.Hardware.Tables;

namespace Fleetwright.Edge.Predicting;

/// <summary>Predicts a table with the columns of <c>on_device_llm.csv</c>: the same rows in the same order, with five columns more.</summary>
public static class PredictionTable
{
    private static readonly string[] s_appended = ["predicted_prefill_tok_s", "predicted_decode_tok_s", "band_low", "band_high", "status"];

    /// <summary>Reads, predicts, writes.</summary>
    /// <param name="catalog">Chips, engines, models and calibration.</param>
    /// <param name="rows">The table.</param>
    /// <param name="output">Where the rows go.</param>
    /// <returns>Rows by status, in the order of <see cref="PredictionStatus"/>.</returns>
    /// <exception cref="InputException">The table is missing, cut, or lacks a column that is read.</exception>
    public static IReadOnlyList<(string Status, int Rows)> Write(FleetCatalog catalog, string rows, TextWriter output)
    {
        CsvTable table = CsvTable.Read(rows, RowQuestion.Columns);
        var predictor = new RowPredictor(catalog);
        int[] counts = new int[Enum.GetValues<PredictionStatus>().Length];
        output.Write(CsvText.Line([.. table.Header, .. s_appended]));
        foreach (CsvRow row in table.Rows)
        {
            RowPrediction predicted = predictor.Predict(RowQuestion.Of(row, catalog));
            counts[(int)predicted.Status]++;
            output.Write(CsvText.Line([.. row.Fields, Rate(predicted.PrefillRate), Rate(predicted.DecodeRate), Rate(predicted.Low), Rate(predicted.High), Name(predicted.Status)]));
        }

        return [.. Enum.GetValues<PredictionStatus>().Select(s => (Name(s), counts[(int)s]))];
    }

    private static string Rate(double? rate) => rate is { } value && double.IsFinite(value) ? value.ToString("0.####", CultureInfo.InvariantCulture) : "";

    private static string Name(PredictionStatus status) => status switch
    {
        PredictionStatus.Measured => "measured",
        PredictionStatus.Transferred => "transferred",
        PredictionStatus.Unmeasured => "unmeasured",
        PredictionStatus.Pages => "pages",
        PredictionStatus.UnknownEngine => "unknown-engine",
        PredictionStatus.UnknownSoc => "unknown-soc",
        _ => "no-size",
    };
}
