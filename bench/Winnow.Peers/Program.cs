using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Winnow.Formats;

namespace Winnow.Peers;

/// <summary>Runs the same model in Winnow and in llama.cpp, in turns, and prints speed, ratio and memory.</summary>
internal static class Program
{
    private static readonly string[] Types = ["F32", "F16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q6_K", "IQ4_NL"];

    private static async Task<int> Main(string[] arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        bool isLong = arguments is ["long", ..] or ["serve", "long", ..];
        Setting setting = isLong ? Setting.Long : Setting.Short;
        if (arguments is ["serve", "long" or "short", string model, string threads])
        {
            await Server.RunAsync(model, int.Parse(threads, CultureInfo.InvariantCulture), setting);
            return 0;
        }

        if (arguments is ["loop", string small, ..] && arguments.Length <= 3)
        {
            DecoderLoop.Run(small, arguments.Length == 3 ? int.Parse(arguments[2], CultureInfo.InvariantCulture) : 1);
            return 0;
        }

        string usage = "usage: bench peers [long] [rounds] [types] [threads]; the defaults are 5 F16,Q8_0,Q4_0,Q4_K,Q6_K 1,2;\n"
            + $"       a prompt of {Setting.Short.PromptTokens} tokens, and decoding after {Setting.Short.DepthTokens}; long: of {Setting.Long.PromptTokens},"
            + $" and after {Setting.Long.DepthTokens}, keys and values in F16 in both\n"
            + $"       types are {string.Join(", ", Types)}\n"
            + "       bench peers loop <model> [threads]; the decoder alone, no peer";
        if (arguments is ["--help"])
        {
            Console.WriteLine(usage);
            return 0;
        }

        arguments = isLong ? arguments[1..] : arguments;
        string[] types = (arguments.ElementAtOrDefault(1) ?? "F16,Q8_0,Q4_0,Q4_K,Q6_K").Split(',');
        string[] threadCounts = (arguments.ElementAtOrDefault(2) ?? "1,2").Split(',');
        bool known = arguments.Length <= 3 && types.All(Types.Contains)
            && threadCounts.All(count => int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int threads) && threads > 0);
        if (!int.TryParse(arguments.ElementAtOrDefault(0) ?? "5", NumberStyles.None, CultureInfo.InvariantCulture, out int rounds) || rounds < 1 || !known)
        {
            await Console.Error.WriteLineAsync(usage);
            return 2;
        }

        Console.WriteLine($"125M random Llama, prefill of {setting.PromptTokens}, decode of {setting.DecodeTokens} after {setting.DepthTokens}, {rounds} interleaved rounds.");
        Console.WriteLine("Median tokens/s; ratio = Winnow / llama.cpp, median of the rounds' ratios, by wall clock, by processor time, and of the quickest rounds.");
        Console.WriteLine($"{"type",-6} {"threads",7} {"what",-7} {"Winnow",9} {"llama.cpp",9} {"ratio",6} {"cpu",6} {"best",6}  peak memory MB");
        foreach (string type in types)
        {
            string path = Path.GetFullPath(Path.Combine("artifacts", "bench", $"random-125m-8k-{type}.gguf"));
            RandomModel.Write(path, Enum.Parse<TensorType>(type));
            foreach (string count in threadCounts)
            {
                Compare(path, type, count, rounds, setting);
            }
        }

        return 0;
    }

    private static void Compare(string path, string type, string threads, int rounds, Setting setting)
    {
        using var winnow = new Participant(Environment.ProcessPath!, ["serve", setting == Setting.Long ? "long" : "short", path, threads]);
        string script = Path.Combine("bench", "peers", "llamacpp", "peer.mjs");
        using var peer = new Participant("node", [script, path, threads, .. setting.Arguments]);
        foreach (string what in new[] { "decode", "prefill" })
        {
            var pairs = new List<(Measurement Winnow, Measurement Peer)>();
            for (int round = -1; round < rounds; round++)
            {
                (Measurement Winnow, Measurement Peer) pair = (winnow.Measure(what), peer.Measure(what));
                if (round >= 0)
                {
                    pairs.Add(pair);
                }
            }

            Print(type, threads, what, pairs);
        }
    }

    private static void Print(string type, string threads, string what, List<(Measurement Winnow, Measurement Peer)> pairs)
    {
        double wall = Median(pairs.Select(p => p.Winnow.TokensPerSecond / p.Peer.TokensPerSecond));
        double cpu = Median(pairs.Select(p => p.Winnow.TokensPerCpuSecond / p.Peer.TokensPerCpuSecond));
        double best = pairs.Max(p => p.Winnow.TokensPerSecond) / pairs.Max(p => p.Peer.TokensPerSecond);
        double ours = Median(pairs.Select(p => p.Winnow.TokensPerSecond));
        double theirs = Median(pairs.Select(p => p.Peer.TokensPerSecond));
        string memory = $"{pairs.Max(p => p.Winnow.PeakBytes) >> 20} and {pairs.Max(p => p.Peer.PeakBytes) >> 20}";
        Console.WriteLine($"{type,-6} {threads,7} {what,-7} {ours,9:F1} {theirs,9:F1} {wall,6:F2} {cpu,6:F2} {best,6:F2}  {memory}");
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
