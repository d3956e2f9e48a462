using Fleetwright.Catalog.Units;

namespace Fleetwright.Models;

/// <summary>Number formats that a model runs in.</summary>
/// <param name="Weights">Stored weights.</param>
/// <param name="Compute">What the matrix unit multiplies in; activations are read in it.</param>
/// <param name="KvCache">Stored keys and values.</param>
public readonly record struct Precision(Dtype Weights, Dtype Compute, Dtype KvCache)
{
    /// <summary>bf16 throughout.</summary>
    public static Precision Bf16 { get; } = new(Dtype.Bf16, Dtype.Bf16, Dtype.Bf16);

    /// <summary>fp8 weights and products, bf16 cache.</summary>
    public static Precision Fp8 { get; } = new(Dtype.Fp8, Dtype.Fp8, Dtype.Bf16);

    /// <summary>The usual precision for weights in <paramref name="weights"/>: 4-bit integers and mxfp4 are multiplied in bf16, other formats in themselves; the cache is bf16 (fp32 for fp32).</summary>
    public static Precision For(Dtype weights) => weights switch
    {
        Dtype.Int4 or Dtype.Mxfp4 => new(weights, Dtype.Bf16, Dtype.Bf16),
        Dtype.Fp32 => new(Dtype.Fp32, Dtype.Fp32, Dtype.Fp32),
        _ => new(weights, weights, Dtype.Bf16),
    };
}

/// <summary>How one replica of a model is split over chips: tensor × data-parallel attention × pipeline.</summary>
/// <param name="TensorParallel">Chips that share each matrix.</param>
/// <param name="PipelineParallel">Stages of consecutive layers.</param>
/// <param name="ExpertParallel">Groups that the experts of a layer are spread over whole; divides <paramref name="TensorParallel"/> × <paramref name="AttentionDataParallel"/>.</param>
/// <param name="AttentionDataParallel">Groups that run attention on different sequences but share the experts; 1 for none.</param>
public readonly record struct Sharding(int TensorParallel = 1, int PipelineParallel = 1, int ExpertParallel = 1, int AttentionDataParallel = 1)
{
    /// <summary>Everything on one chip.</summary>
    public static Sharding None { get; } = new(1, 1, 1, 1);

    /// <summary>Chips of one replica.</summary>
    public int Chips => TensorParallel * PipelineParallel * AttentionDataParallel;

    /// <summary><c>TP8 PP2 EP8</c>, leaving out what is 1 except TP.</summary>
    public override string ToString() =>
        $"TP{TensorParallel}" + (PipelineParallel > 1 ? $" PP{PipelineParallel}" : "") + (ExpertParallel > 1 ? $" EP{ExpertParallel}" : "") + (AttentionDataParallel > 1 ? $" DPA{AttentionDataParallel}" : "");
}

/// <summary>The work of one engine step: prompts (or chunks) being prefilled and sequences being decoded together.</summary>
/// <param name="PrefillSequences">Sequences with new prompt tokens.</param>
/// <param name="PrefillTokens">New prompt tokens of each.</param>
/// <param name="PrefillPast">Tokens of each that are in the cache already.</param>
/// <param name="DecodeSequences">Sequences that get one new token.</param>
/// <param name="DecodePast">Mean tokens in the cache of each of those.</param>
public readonly record struct StepShape(double PrefillSequences, double PrefillTokens, double PrefillPast, double DecodeSequences, double DecodePast)
{
    /// <summary>New tokens of the step.</summary>
    public double Tokens => (PrefillSequences * PrefillTokens) + (DecodeSequences * (1 + DraftTokens));

    /// <summary>Drafted tokens of each decoding sequence that the step verifies beside its new one; 0 without speculation.</summary>
    public int DraftTokens { get; init; }

    /// <summary>Whether logits are wanted of every new token, as training does, and not of one a sequence.</summary>
    public bool AllOutputs { get; init; }

    /// <summary>Tokens whose logits are wanted.</summary>
    public double Outputs => AllOutputs ? Tokens : PrefillSequences + (DecodeSequences * (1 + DraftTokens));

    /// <summary>Whole prompts and nothing else.</summary>
    public static StepShape Prefill(double sequences, double tokens, double past = 0) => new(sequences, tokens, past, 0, 0);

    /// <summary>The forward pass of training on whole sequences: logits of every token. The backward pass has twice its matrix operations.</summary>
    public static StepShape Training(double sequences, double tokens) => new(sequences, tokens, 0, 0, 0) { AllOutputs = true };

    /// <summary>One new token for each of <paramref name="sequences"/> with <paramref name="past"/> tokens in the cache.</summary>
    public static StepShape Decode(double sequences, double past) => new(0, 0, 0, sequences, past);
}
