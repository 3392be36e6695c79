using System.Collections.Generic;
using System.IO;
using System.Linq;
using Spectre.Console;

namespace Winnow.Cli.Terminal;

/// <summary>Rows under headings: a drawn table on a terminal, aligned columns of plain text elsewhere.</summary>
internal sealed class TextTable
{
    private readonly string[] _headings;
    private readonly bool[] _numeric;
    private readonly List<string[]> _rows = [];

    /// <param name="headings">One for each column; a leading '#' marks a column of numbers and is not shown.</param>
    public TextTable(params string[] headings)
    {
        _numeric = [.. headings.Select(heading => heading.StartsWith('#'))];
        _headings = [.. headings.Select(heading => heading.TrimStart('#'))];
    }

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Write(CliHost host)
    {
        if (host.OutputIsTerminal)
        {
            WriteDrawn(host.CreateOutputConsole());
        }
        else
        {
            WritePlain(host.Output);
        }
    }

    private void WriteDrawn(IAnsiConsole console)
    {
        Table table = new() { Border = TableBorder.Rounded };
        for (int column = 0; column < _headings.Length; column++)
        {
            TableColumn heading = new(Markup.Escape(_headings[column]));
            table.AddColumn(_numeric[column] ? heading.RightAligned() : heading);
        }

        foreach (string[] row in _rows)
        {
            table.AddRow([.. row.Select(cell => new Text(cell))]);
        }

        console.Write(table);
    }

    private void WritePlain(TextWriter writer)
    {
        int[] widths = [.. _headings.Select((heading, column) =>
            _rows.Select(row => row[column].Length).Append(heading.Length).Max())];
        foreach (string[] row in _rows.Prepend(_headings))
        {
            IEnumerable<string> cells = row.Select((cell, column) =>
                _numeric[column] ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            writer.WriteLine(string.Join("  ", cells).TrimEnd());
        }
    }
}
