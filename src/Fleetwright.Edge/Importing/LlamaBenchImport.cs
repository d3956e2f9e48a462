using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Reading;

namespace Fleetwright.Edge.Importing;

/// <summary>
/// <c>llama-bench -o json</c> and <c>-o jsonl</c>: one object a test, of a prompt (n_gen 0) or of a reply (n_prompt 0), with its mean rate in avg_ts.
/// Tests that differ in nothing else make one run. Fields: ggml-org/llama.cpp tools/llama-bench/README.md.
/// </summary>
internal static partial class LlamaBenchImport
{
    // The names that llama.cpp's backends have of themselves; Metal was renamed MTL in 2025. BLAS and RPC run beside another one.
    private static readonly Dictionary<string, (string Engine, ComputeUnitKind Unit)> Backends = new(StringComparer.OrdinalIgnoreCase)
    {
        ["CPU"] = ("llama.cpp CPU", ComputeUnitKind.Cpu),
        ["Metal"] = ("llama.cpp Metal", ComputeUnitKind.Gpu),
        ["MTL"] = ("llama.cpp Metal", ComputeUnitKind.Gpu),
        ["CUDA"] = ("llama.cpp CUDA", ComputeUnitKind.Gpu),
        ["ROCm"] = ("llama.cpp ROCm", ComputeUnitKind.Gpu),
        ["Vulkan"] = ("llama.cpp Vulkan", ComputeUnitKind.Gpu),
        ["OpenCL"] = ("llama.cpp OpenCL", ComputeUnitKind.Gpu),
        ["SYCL"] = ("llama.cpp SYCL", ComputeUnitKind.Gpu),
        ["HTP"] = ("llama.cpp Hexagon", ComputeUnitKind.Npu),
    };

    // What may differ between tests of one file; absent ones are alike.
    private static readonly string[] Settings =
    [
        "model_filename", "model_type", "model_n_params", "backends", "devices", "n_gpu_layers", "n_cpu_moe", "n_threads", "n_batch", "n_ubatch", "n_depth",
        "type_k", "type_v", "flash_attn", "no_kv_offload", "no_op_offload", "split_mode", "tensor_split", "tensor_buft_overrides", "load_mode", "repack", "build_commit", "cpu_mask",
    ];

    public static ImportedRuns Read(byte[] utf8, string file)
    {
        IReadOnlyList<JsonItem> values = JsonItem.Parse(utf8, file, several: true);
        IReadOnlyList<JsonItem> items = values is [{ Kind: JsonTokenType.StartArray } list] ? list.Items : values;
        if (items.Count == 0)
        {
            throw new InputException(file, "holds no test; allowed: a list of llama-bench's tests, or one a line");
        }

        var problems = new List<Diagnostic>();
        List<Test> tests = [.. items.Select(i => TestOf(i, problems))];
        if (problems.Count > 0)
        {
            throw new InputException(problems);
        }

        int both = tests.Count(t => t.Prompt > 0 && t.Reply > 0);
        List<ImportedRun> runs = [.. tests.Where(t => t.Prompt == 0 || t.Reply == 0).GroupBy(t => t.Setting).SelectMany(RunsOf)];
        return runs.Count == 0 ? throw new InputException(file, "every test is of prompt and reply together, whose rate tells neither apart; allowed: tests with n_gen 0 or n_prompt 0 (-p and -n, not -pg)")
            : new ImportedRuns(runs, both == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"{both} tests of prompt and reply together: one rate tells neither apart")]);
    }

    // The first prompt length goes with the first reply length, and so on; lengths left over stand alone.
    private static IEnumerable<ImportedRun> RunsOf(IEnumerable<Test> tests)
    {
        List<Test> prompts = [.. tests.Where(t => t.Prompt > 0)], replies = [.. tests.Where(t => t.Reply > 0)];
        for (int i = 0; i < Math.Max(prompts.Count, replies.Count); i++)
        {
            Test? prompt = i < prompts.Count ? prompts[i] : null, reply = i < replies.Count ? replies[i] : null;
            yield return Described((prompt ?? reply)!.Item) with
            {
                PromptTokens = prompt?.Prompt,
                PrefillTokensPerSecond = prompt?.Rate,
                GeneratedTokens = reply?.Reply,
                DecodeTokensPerSecond = reply?.Rate,
            };
        }
    }

    private static Test TestOf(JsonItem item, List<Diagnostic> problems)
    {
        if (item.Kind != JsonTokenType.StartObject || item["avg_ts"] is null || item["n_prompt"] is null || item["n_gen"] is null)
        {
            problems.Add(item.Wrong($"found {item.Found}; allowed: a test of llama-bench, with n_prompt, n_gen and avg_ts"));
            return new Test(item, "", 0, 0, 0);
        }

        double prompt = Number(item, "n_prompt", 0, problems), reply = Number(item, "n_gen", 0, problems), rate = Number(item, "avg_ts", double.Epsilon, problems);
        if (prompt == 0 && reply == 0)
        {
            problems.Add(item.Wrong("n_gen", "found 0, and n_prompt is 0 too; allowed: tokens of a prompt or of a reply"));
        }

        return new Test(item, string.Join('\n', Settings.Select(s => item[s]?.Text ?? item[s]?.Found)), prompt, reply, rate);
    }

    private static double Number(JsonItem item, string key, double least, List<Diagnostic> problems)
    {
        if (item[key]!.IsNumber(out double value) && value >= least)
        {
            return value;
        }

        problems.Add(item.Wrong(key, $"found {item[key]!.Found}; allowed: a number {(least > 0 ? "above 0" : "from 0")}"));
        return 1;
    }

    private static ImportedRun Described(JsonItem item)
    {
        string type = item["model_type"]?.Text ?? "";
        string? quantisation = Quantisation(type);
        (string Engine, ComputeUnitKind Unit)? ran = Ran(item);
        double parameters = 0;
        return new ImportedRun
        {
            Model = item["model_filename"] is { } name ? ModelName(name.Text, quantisation) : null,
            Parameters = Mixture().IsMatch(type) || item["model_n_params"]?.IsNumber(out parameters) != true || parameters <= 0 ? null : parameters,
            Quantisation = quantisation,
            Engine = ran?.Engine,
            Unit = ran?.Unit,
            Notes = string.Join("; ", new[]
            {
                item["build_commit"] is { } build ? $"llama-bench {build.Text}" : "llama-bench",
                item["n_threads"] is { } threads && ran?.Unit == ComputeUnitKind.Cpu ? $"{threads.Text} threads" : "",
                item["n_depth"] is { Text: not "0" } depth ? $"depth {depth.Text}" : "",
            }.Where(t => t.Length > 0)),
        };
    }

    // With no layer on it, a backend only helps with prompts; two that both hold layers cannot be told apart.
    private static (string Engine, ComputeUnitKind Unit)? Ran(JsonItem item)
    {
        if (item["n_gpu_layers"]?.Text == "0")
        {
            return Backends["CPU"];
        }

        string[] named = [.. (item["backends"]?.Text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(b => b is not ("BLAS" or "RPC"))];
        string[] helpers = named.Length > 1 ? [.. named.Where(b => b != "CPU")] : named;
        return helpers is [{ } only] && Backends.TryGetValue(only, out (string Engine, ComputeUnitKind Unit) found) ? found
            : named.Length == 0 && item["backends"] is not null ? Backends["CPU"] : null;
    }

    // "qwen2 7B Q4_K - Medium", "llama 7B mostly Q4_0", "llama 8B all F32": architecture, size, then the file's type.
    private static string? Quantisation(string type)
    {
        string[] words = type.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] rest = [.. words.Skip(2).Where(w => w is not ("mostly" or "all" or "-"))];
        return rest switch
        {
            [] => null,
            [{ } kind, "Small" or "Medium" or "Large", ..] => $"{kind}_{rest[1][0]}",
            [{ } kind, ..] => kind,
        };
    }

    private static string ModelName(string path, string? quantisation)
    {
        string name = path[(path.LastIndexOfAny(['/', '\\']) + 1)..];
        name = name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? name[..^5] : name;
        foreach (char mark in "-._")
        {
            if (quantisation is not null && name.EndsWith(mark + quantisation, StringComparison.OrdinalIgnoreCase))
            {
                return name[..^(quantisation.Length + 1)];
            }
        }

        return name;
    }

    // "qwen3moe 30B.A3B Q4_K - Medium", "llama 8x7B Q4_0": of a mixture a token reads a part that is not told.
    [GeneratedRegex(@"moe|\d+x\d|B\.A\d", RegexOptions.IgnoreCase)]
    private static partial Regex Mixture();

    private sealed record Test(JsonItem Item, string Setting, double Prompt, double Reply, double Rate);
}
