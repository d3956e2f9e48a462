using Fleetwright.Serving.Engines;

namespace Fleetwright.Serving.Published;

/// <summary>
/// How the sweep started its servers where that is not the engine's default, read from its launch scripts and not from results: InferenceX,
/// commit 51e31df4a (2026-04-06), <c>benchmarks/single_node</c>; those of removed or earlier scripts are named beside them.
/// </summary>
internal static class SweepLaunch
{
    // gptoss_fp4_h100_docker.sh until commit 4e135fd3f (2025-12-08): --max-concurrency 512 whatever the number of clients that the sweep asked for, which
    // set the server's --max-num-seqs and the number of prompts alone. It asked for 4 to 64 (nvidia-master.yaml at 25506e87c): 16 is the middle one.
    private const int ClientsByMistake = 512;
    private const int PlacesByMistake = 16;

    /// <summary>Requests that a server ran at most and that were sent ten times over; the clients themselves unless the script mixed them up.</summary>
    public static int Places(string engine, string system, string model, int clients) =>
        engine == "vllm" && system == "h100_sxm" && model == "openai/gpt-oss-120b" && clients == ClientsByMistake ? PlacesByMistake : clients;

    /// <summary>The engine as the script started it.</summary>
    public static EngineOptions Of(MeasuredServer server, EngineOptions engine)
    {
        if (!server.DrawsLengths)
        {
            return engine;
        }

        return engine with { TokenBudget = TokenBudget(server) ?? engine.TokenBudget, MaximumSequences = Math.Min(engine.MaximumSequences, server.Places) };
    }

    private static int? TokenBudget(MeasuredServer s)
    {
        bool blackwell = s.System.StartsWith("b200", StringComparison.Ordinal) || s.System.StartsWith("b300", StringComparison.Ordinal);
        return s.Engine switch
        {
            // minimaxm2.5_fp8_b200.sh: --max-num-batched-tokens $((ISL * 2)).
            "vllm" when Is("MiniMax") && blackwell => 2 * s.PromptTokens,

            // gptoss_fp4_b200_trt.sh, gptoss_fp4_h200_trt.sh; 70b_fp8_h200_trt_slurm.sh at 73ef92251: --max_num_tokens $MAX_MODEL_LEN, which is both
            // lengths and 200 (utils/matrix_logic); dsr1_*_trt.sh: prompts and clients, rounded up to 64, at least 8,192.
            "trtllm" when Is("gpt-oss") => 20_000,
            "trtllm" when Is("Llama") => s.PromptTokens + s.OutputTokens + 200,
            "trtllm" when Is("DeepSeek") => Math.Max(8192, (s.Concurrency + s.PromptTokens + 64 + 63) / 64 * 64),

            // --chunked-prefill-size: glm5_fp4_b200.sh, glm5_fp8_b200.sh, dsr1_fp4_b200.sh, dsr1_fp8_*.sh, qwen3.5_*.sh; glm5_fp8_h200.sh leaves SGLang's 8,192.
            "sglang" when Is("GLM-5") => !blackwell ? null : s.Format == "fp4" ? 131_072 : 32_768,
            "sglang" when Is("DeepSeek") => s.Format == "fp4" ? 16_384 : 32_768,
            "sglang" when Is("Qwen3.5") => blackwell ? 32_768 : 16_384,
            _ => null,
        };

        bool Is(string part) => s.ModelName.Contains(part, StringComparison.Ordinal);
    }
}
