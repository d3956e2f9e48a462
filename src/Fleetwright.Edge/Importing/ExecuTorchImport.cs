using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Reading;

namespace Fleetwright.Edge.Importing;

/// <summary>
/// The log of an ExecuTorch runner: a line <c>PyTorchObserver {…}</c> a run, with token counts and time stamps.
/// Fields and the division by the generated tokens: pytorch/executorch extension/llm/runner/stats.h, print_report.
/// </summary>
internal static class ExecuTorchImport
{
    private static readonly byte[] Mark = "PyTorchObserver {"u8.ToArray();
    private static readonly string[] Needed = ["prompt_tokens", "generated_tokens", "inference_start_ms", "prompt_eval_end_ms", "first_token_ms", "inference_end_ms"];

    public static ImportedRuns Read(byte[] utf8, string file)
    {
        var runs = new List<ImportedRun>();
        var problems = new List<Diagnostic>();
        long line = 0;
        foreach (Range range in utf8.AsSpan().Split((byte)'\n'))
        {
            line++;
            ReadOnlySpan<byte> text = utf8.AsSpan(range);
            int at = text.IndexOf(Mark);
            if (at < 0)
            {
                continue;
            }

            int brace = at + Mark.Length - 1;
            try
            {
                if (RunOf(JsonItem.Parse(text[brace..].TrimEnd("\r "u8), file, several: false, line, brace + 1)[0], problems) is { } run)
                {
                    runs.Add(run);
                }
            }
            catch (InputException e)
            {
                problems.AddRange(e.Diagnostics);
            }
        }

        return problems.Count > 0 ? throw new InputException(problems)
            : runs.Count == 0 ? throw new InputException(file, string.Create(CultureInfo.InvariantCulture, $"found no line with 'PyTorchObserver {{' among {line:#,0}; allowed: the log of an ExecuTorch runner"))
            : new ImportedRuns(runs, []);
    }

    private static ImportedRun? RunOf(JsonItem item, List<Diagnostic> problems)
    {
        int before = problems.Count;
        if (item["prompt_tokens"] is null && item["inference_start_ms"] is null)
        {
            problems.Add(item.Wrong($"found {item.Found}; allowed: the figures of a language model, with {string.Join(", ", Needed)}"));
            return null;
        }

        double[] values = [.. Needed.Select(key => Number(item, key, problems))];
        if (problems.Count > before)
        {
            return null;
        }

        (double prompt, double reply, double start, double read, double first, double end) = (values[0], values[1], values[2], values[3], values[4], values[5]);
        double perSecond = item["SCALING_FACTOR_UNITS_PER_SECOND"]?.IsNumber(out double factor) == true && factor > 0 ? factor : 1000;
        After("prompt_eval_end_ms", read, "inference_start_ms", start, prompt > 0);
        After("first_token_ms", first, "inference_start_ms", start, prompt > 0);
        After("inference_end_ms", end, "prompt_eval_end_ms", read, reply > 0);
        return problems.Count > before ? null : new ImportedRun
        {
            PromptTokens = prompt > 0 ? prompt : null,
            GeneratedTokens = reply > 0 ? reply : null,
            PrefillTokensPerSecond = prompt > 0 ? prompt / (read - start) * perSecond : null,
            DecodeTokensPerSecond = reply > 0 ? reply / (end - read) * perSecond : null,
            FirstTokenSeconds = prompt > 0 ? (first - start) / perSecond : null,
        };

        void After(string key, double value, string earlier, double than, bool matters)
        {
            if (matters && value <= than)
            {
                problems.Add(item.Wrong(key, $"found {item[key]!.Found}; allowed: later than {earlier}, which is {item[earlier]!.Found}"));
            }
        }
    }

    private static double Number(JsonItem item, string key, List<Diagnostic> problems)
    {
        if (item[key]?.IsNumber(out double value) == true && value >= 0)
        {
            return value;
        }

        problems.Add(item.Wrong(key, item[key] is { } wrong ? $"found {wrong.Found}; allowed: a number from 0" : "is missing"));
        return 0;
    }
}
