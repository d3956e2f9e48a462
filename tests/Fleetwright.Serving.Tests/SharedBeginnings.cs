namespace Fleetwright.Serving.Tests;

/// <summary>
/// Which of the 300 prompts of the measured vLLM runs begin alike, in whole blocks of 16 tokens: (request, earlier request, blocks that both begin with). Everything else in
/// the prompts is distinct. Found by comparing <c>input_tok_ids</c> in LLMServingSim's <c>workloads/sharegpt-…-300-sps10.jsonl</c> (commit 5daddb2, MIT), whose
/// SHA-256 is the <c>dataset_hash</c> of the runs' <c>meta.json</c>: 7.6 % and 7.9 % of the prompt tokens.
/// </summary>
internal static class SharedBeginnings
{
    private const int BlockTokens = 16;

    /// <summary>By the dataset hash of a run.</summary>
    private static readonly Dictionary<string, (int Request, int Of, int Blocks)[]> Of = new()
    {
        ["05e48b32da530d4a3dd77f3d47c6fe694ac8308d611aa088e38bb10fba2b3b3a"] =
        [
            (47, 40, 28), (66, 35, 39), (68, 28, 22), (79, 17, 53), (88, 27, 20), (93, 82, 39), (117, 45, 24), (128, 63, 52), (139, 117, 62), (140, 76, 24), (152, 31, 2),
            (158, 107, 38), (173, 153, 28), (174, 38, 82), (177, 22, 30), (180, 61, 51), (183, 31, 19), (184, 151, 36), (188, 138, 45), (200, 109, 16), (209, 201, 37), (220, 146, 32),
            (223, 36, 50), (227, 226, 32), (235, 56, 52), (237, 207, 79), (265, 149, 37), (280, 147, 51), (281, 186, 51), (285, 165, 45), (287, 111, 28), (293, 163, 16),
        ],
        ["4af54eb2f7ac12b0856a1668e367fc8a330acd37c4f6c3e336ae02229e21a8bb"] =
        [
            (47, 40, 30), (67, 35, 40), (70, 28, 22), (82, 17, 84), (91, 27, 20), (96, 85, 39), (122, 45, 26), (133, 64, 53), (146, 122, 67), (147, 78, 24), (159, 31, 2),
            (165, 112, 39), (180, 160, 29), (181, 38, 84), (185, 22, 31), (188, 62, 51), (189, 184, 16), (192, 31, 19), (193, 158, 36), (197, 145, 45), (209, 114, 16), (218, 210, 37),
            (229, 153, 32), (232, 36, 56), (236, 235, 32), (245, 57, 52), (247, 216, 79), (276, 156, 39), (291, 154, 53), (292, 195, 51), (296, 172, 46), (298, 116, 28),
        ],
    };

    /// <summary>Hashes of the blocks of every request, prompt and answer, so that an evicted one finds its answer again too.</summary>
    /// <param name="datasetHash">Which prompts.</param>
    /// <param name="tokens">Tokens of each request, prompt and answer.</param>
    public static long[][] Hashes(string datasetHash, IReadOnlyList<int> tokens)
    {
        var alike = Of[datasetHash].ToDictionary(x => x.Request);
        var hashes = new long[tokens.Count][];
        for (int i = 0; i < hashes.Length; i++)
        {
            long request = i;
            hashes[i] = [.. Enumerable.Range(0, tokens[i] / BlockTokens).Select(b => (request << 32) | (uint)b)];
            if (alike.TryGetValue(i, out (int Request, int Of, int Blocks) same))
            {
                hashes[same.Of].AsSpan(0, same.Blocks).CopyTo(hashes[i]);
            }
        }

        return hashes;
    }
}
