using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation.Times;

namespace Fleetwright.Serving.Tests;

/// <summary>The kept prices of iterations against pricing each from its operators.</summary>
public sealed class ReplicaTableTests
{
    [Theory]
    [InlineData("llama-3.1-8b", 1, 1, 1)]
    [InlineData("llama-3.1-70b", 8, 1, 1)]
    [InlineData("openai/gpt-oss-120b", 4, 4, 1)]
    [InlineData("deepseek-ai/DeepSeek-V3", 1, 8, 8)]
    public void Iterations_cost_what_their_operators_cost(string model, int tensor, int expert, int data)
    {
        Replica replica = Fixtures.Replica(Fixtures.Catalog.Models.Get(model), Fixtures.H200, new Sharding(tensor, 1, expert, data));
        var table = new ReplicaTable(replica, 512, 8192);
        var random = new Random(1);
        double worst = 0, sum = 0;
        int count = 0;
        for (int i = 0; i < 400; i++)
        {
            int decodes = data * random.Next(0, 300 / data);
            long context = (long)Math.Exp(Math.Log(50) + (random.NextDouble() * Math.Log(200))) * decodes;
            int chunks = i % 2 == 0 && decodes > 0 ? 0 : data * random.Next(1, 4);
            int tokens = random.Next(1, 8000 / Math.Max(1, chunks)), past = random.Next(2) * random.Next(8000);
            PromptChunk[] prompts = [.. Enumerable.Repeat(new PromptChunk(tokens, past), chunks)];
            double exact = replica.Step(new StepShape(chunks, tokens, past, decodes, decodes > 0 ? ((double)context / decodes) - 1 : 0)).Seconds;

            // Ranks of data-parallel attention with the same work each take as long as the replica with all of it.
            double kept = data == 1
                ? table.Iteration(decodes, context, prompts)
                : table.Iteration((RankBatch[])[.. Enumerable.Repeat(RankBatch.Of(decodes / data, context / data, 0, prompts.AsSpan(0, chunks / data)), data)]);
            double error = Math.Abs((kept / exact) - 1);
            (worst, sum, count) = (Math.Max(worst, error), sum + error, count + 1);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{model}: mean {sum / count:p2}, worst {worst:p2}");
        Assert.InRange(sum / count, 0, data > 1 ? 0.015 : 0.01);
        Assert.InRange(worst, 0, data > 1 ? 0.15 : 0.07);
    }

    [Fact]
    public void A_run_of_decodes_of_ranks_is_the_sum_of_its_iterations()
    {
        Replica replica = Fixtures.Replica(Fixtures.Catalog.Models.Get("deepseek-ai/DeepSeek-V3"), Fixtures.H200, new Sharding(1, 1, 8, 8));
        var table = new ReplicaTable(replica, 512, 8192);
        RankBatch[] first = [.. Enumerable.Range(0, 8).Select(r => RankBatch.Of(3 * r, 3 * r * (200L + (400 * (8 - r))), 0, []))];
        double sum = 0;
        for (int i = 0; i < 2000; i++)
        {
            double before = sum;
            sum += table.Iteration((RankBatch[])[.. first.Select(r => r with { ContextTokens = r.ContextTokens + ((long)i * r.Decodes) })]);
            if (i % 250 == 249)
            {
                Assert.Equal(i + 1, table.Decode(first, i + 1, double.PositiveInfinity, out double seconds));
                Assert.Equal(sum, seconds, sum * 1e-12);
                Assert.Equal(i + 1, table.Decode(first, 2000, (before + sum) / 2, out seconds));
                Assert.Equal(sum, seconds, sum * 1e-12);
            }
        }
    }

    [Fact]
    public void A_run_of_decodes_is_the_sum_of_its_iterations()
    {
        Replica replica = Fixtures.Replica(Fixtures.Llama8, Fixtures.H100, new Sharding(1));
        var table = new ReplicaTable(replica, 64, 2048);
        foreach (int decodes in (int[])[1, 7, 64])
        {
            long context = 123L * decodes;
            double sum = 0;
            for (int i = 0; i < 3000; i++)
            {
                double before = sum;
                sum += table.Iteration(decodes, context + ((long)i * decodes), []);
                if (i % 250 == 249)
                {
                    Assert.Equal(i + 1, table.Decode(decodes, context, i + 1, double.PositiveInfinity, out double seconds));
                    Assert.Equal(sum, seconds, sum * 1e-12);
                    Assert.Equal(i + 1, table.Decode(decodes, context, 3000, (before + sum) / 2, out seconds));
                    Assert.Equal(sum, seconds, sum * 1e-12);
                }
            }
        }
    }
}
