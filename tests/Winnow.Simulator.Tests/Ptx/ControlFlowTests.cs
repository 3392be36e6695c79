using System;
using System.Collections.Generic;
using NUnit.Framework;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Tests.Ptx;

public sealed class ControlFlowTests
{
    [Test]
    public void ReconvergenceOf_BranchOverABlockIsItsEnd()
    {
        PtxFunction kernel = PtxText.Kernel("@%p1 bra A; add.s32 %r1, %r1, 1; A: mov.u32 %r2, 1; ret;");

        ControlFlow flow = ControlFlow.Of(kernel);
        Assert.That(flow.Starts, Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(flow.ReconvergenceOf(0), Is.EqualTo(2));
    }

    [Test]
    public void ReconvergenceOf_BothSidesIsWhereTheyMeet()
    {
        PtxFunction kernel = PtxText.Kernel("@%p1 bra A; bra B; A: mov.u32 %r2, 1; bra C; B: mov.u32 %r2, 2; C: ret;");

        Assert.That(ControlFlow.Of(kernel).ReconvergenceOf(0), Is.EqualTo(5));
    }

    [Test]
    public void ReconvergenceOf_LoopIsBehindIt()
    {
        PtxFunction kernel = PtxText.Kernel("A: add.s32 %r1, %r1, 1; @%p2 bra B; add.s32 %r1, %r1, 1; B: @%p1 bra A; ret;");

        ControlFlow flow = ControlFlow.Of(kernel);
        Assert.That(flow.ReconvergenceOf(1), Is.EqualTo(3));
        Assert.That(flow.ReconvergenceOf(3), Is.EqualTo(4));
    }

    [Test]
    public void ReconvergenceOf_EarlyReturnIsTheEnd()
    {
        PtxFunction kernel = PtxText.Kernel("@%p1 bra A; ret; A: mov.u32 %r2, 1; ret;");

        Assert.That(ControlFlow.Of(kernel).ReconvergenceOf(0), Is.EqualTo(4));
    }

    [Test]
    public void ReconvergenceOf_GuardedReturnGoesOnBehindIt()
    {
        PtxFunction kernel = PtxText.Kernel("@%p1 ret; mov.u32 %r2, 1; ret;");

        ControlFlow flow = ControlFlow.Of(kernel);
        Assert.That(flow.Successors[0], Is.EqualTo(new[] { 1, 2 }));
        Assert.That(flow.ReconvergenceOf(0), Is.EqualTo(3));
    }

    [Test]
    public void ReconvergenceOf_EndlessLoopIsFound()
    {
        PtxFunction kernel = PtxText.Kernel("A: @%p1 bra B; mov.u32 %r2, 1; B: bra A;");

        Assert.That(ControlFlow.Of(kernel).ReconvergenceOf(0), Is.EqualTo(2));
    }

    [Test]
    public void Compute_RandomGraphsAgreeWithTheDefinition()
    {
        var random = new Random(7);
        for (int round = 0; round < 300; round++)
        {
            int[][] graph = RandomGraph(random, blocks: 1 + random.Next(9));
            int[] actual = PostDominators.Compute(graph);
            for (int block = 0; block < graph.Length; block++)
            {
                Assert.That(actual[block], Is.EqualTo(Nearest(graph, block)), $"round {round}, block {block}");
            }
        }
    }

    /// <summary>Every block has an edge to a later one, so that all lead to the exit.</summary>
    private static int[][] RandomGraph(Random random, int blocks)
    {
        int[][] graph = new int[blocks][];
        for (int block = 0; block < blocks; block++)
        {
            var successors = new SortedSet<int> { block + 1 + random.Next(blocks - block) };
            for (int i = random.Next(3); i > 0; i--)
            {
                successors.Add(random.Next(blocks + 1));
            }

            graph[block] = [.. successors];
        }

        return graph;
    }

    /// <summary>The post-dominator from which all other post-dominators can still be reached: it comes first.</summary>
    private static int Nearest(int[][] graph, int block)
    {
        int exit = graph.Length;
        var candidates = new List<int>();
        for (int other = 0; other <= exit; other++)
        {
            if (other != block && (other == exit || !Reaches(graph, block, exit, without: other)))
            {
                candidates.Add(other);
            }
        }

        return candidates.Find(candidate => IsFirst(graph, block, candidate, candidates));
    }

    private static bool IsFirst(int[][] graph, int block, int candidate, List<int> candidates)
        => candidates.TrueForAll(other => other == candidate || Reaches(graph, block, candidate, without: other));

    private static bool Reaches(int[][] graph, int from, int to, int without)
    {
        var seen = new HashSet<int> { from };
        var open = new Stack<int>([from]);
        while (open.TryPop(out int block))
        {
            if (block == to)
            {
                return true;
            }

            foreach (int next in block < graph.Length ? graph[block] : [])
            {
                if (next != without && seen.Add(next))
                {
                    open.Push(next);
                }
            }
        }

        return false;
    }
}
