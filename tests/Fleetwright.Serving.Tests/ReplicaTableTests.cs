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
            double kept = table.Iteration(decodes, context, prompts);
            double error = Math.Abs((kept / exact) - 1);
            (worst, sum, count) = (Math.Max(worst, error), sum + error, count + 1);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{model}: mean {sum / count:p2}, worst {worst:p2}");
        Assert.InRange(sum / count, 0, 0.01);
        Assert.InRange(worst, 0, data > 1 ? 0.15 : 0.07);
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
