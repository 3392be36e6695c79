using System.Collections.Generic;

namespace Winnow.Formats.Templates;

/// <summary>Runs the statements of a template; expressions are in the other parts of this class.</summary>
internal sealed partial class TemplateEvaluator
{
    private readonly TemplateRun _run;
    private readonly TemplateScope _root;
    private readonly TemplateFilters _filters;
    private TextBuilder _output;

    public TemplateEvaluator(TemplateRun run, TemplateScope root)
    {
        _run = run;
        _root = root;
        _filters = new TemplateFilters(run, this);
        _output = new TextBuilder(run);
    }

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    /// <summary>Renders a whole template.</summary>
    public TextBuilder Render(IReadOnlyList<TemplateStatement> body)
    {
        Execute(body, new TemplateScope(_root));
        return _output;
    }

    private Flow Execute(IReadOnlyList<TemplateStatement> body, TemplateScope scope)
    {
        _run.Enter();
        Flow flow = Flow.Next;
        for (int i = 0; i < body.Count && flow == Flow.Next; i++)
        {
            flow = Execute(body[i], scope);
        }

        _run.Leave();
        return flow;
    }

    private Flow Execute(TemplateStatement statement, TemplateScope scope)
    {
        _run.Step();
        _run.Line = statement.Line;
        switch (statement)
        {
            case DataStatement data:
                _output.Append(data.Text);
                return Flow.Next;
            case OutputStatement output:
                _output.Append(PythonRepr.ToText(_run, Evaluate(output.Value, scope)));
                return Flow.Next;
            case IfStatement conditional:
                return ExecuteIf(conditional, scope);
            case ForStatement loop:
                return ExecuteFor(loop, scope);
            case SetStatement set:
                Assign(set.Target, Evaluate(set.Value, scope), scope);
                return Flow.Next;
            case SetBlockStatement set:
                Assign(set.Target, ApplyAll(set.Filters, Capture(set.Body, new TemplateScope(scope)), scope), scope);
                return Flow.Next;
            case FilterStatement filter:
                TextValue body = Capture(filter.Body, new TemplateScope(scope));
                _output.Append(PythonRepr.ToText(_run, ApplyAll(filter.Filters, body, scope)));
                return Flow.Next;
            case MacroStatement macro:
                scope.Set(macro.Name, new MacroValue(macro, scope));
                return Flow.Next;
            case ScopeStatement inner:
                return ExecuteScope(inner, scope);
            default:
                return statement is BreakStatement ? Flow.Break : Flow.Continue;
        }
    }

    private Flow ExecuteIf(IfStatement statement, TemplateScope scope)
    {
        foreach ((TemplateExpression test, IReadOnlyList<TemplateStatement> body) in statement.Branches)
        {
            if (TemplateOperators.IsTrue(Evaluate(test, scope)))
            {
                return Execute(body, scope);
            }
        }

        return Execute(statement.Else, scope);
    }

    private Flow ExecuteScope(ScopeStatement statement, TemplateScope scope)
    {
        var inner = new TemplateScope(scope);
        foreach ((TemplateExpression target, TemplateExpression value) in statement.Names)
        {
            Assign(target, Evaluate(value, scope), inner);
        }

        return Execute(statement.Body, inner);
    }

    private Flow ExecuteFor(ForStatement statement, TemplateScope scope)
    {
        IReadOnlyList<TemplateValue> items = Iterate(Evaluate(statement.Sequence, scope));
        if (statement.Test is not null)
        {
            items = Select(statement, items, scope);
        }

        if (items.Count == 0)
        {
            return Execute(statement.Else, new TemplateScope(scope));
        }

        var loop = new LoopValue(items);
        for (int i = 0; i < items.Count; i++)
        {
            _run.Step();
            loop.Index = i;
            var inner = new TemplateScope(scope);
            inner.Set("loop", loop);
            Assign(statement.Target, items[i], inner);
            if (Execute(statement.Body, inner) == Flow.Break)
            {
                break;
            }
        }

        return Flow.Next;
    }

    private List<TemplateValue> Select(ForStatement statement, IReadOnlyList<TemplateValue> items, TemplateScope scope)
    {
        var selected = new List<TemplateValue>();
        foreach (TemplateValue item in items)
        {
            var inner = new TemplateScope(scope);
            Assign(statement.Target, item, inner);
            if (TemplateOperators.IsTrue(Evaluate(statement.Test!, inner)))
            {
                selected.Add(item);
            }
        }

        return selected;
    }

    private void Assign(TemplateExpression target, TemplateValue value, TemplateScope scope)
    {
        switch (target)
        {
            case NameExpression name:
                scope.Set(name.Name, value);
                break;
            case NamespaceTarget space:
                if (scope.Find(space.Space) is not NamespaceValue found)
                {
                    throw _run.Fail($"'{space.Space}' is not a namespace, so '{space.Name}' cannot be set on it");
                }

                found.Attributes[space.Name] = value;
                break;
            case SequenceExpression tuple:
                IReadOnlyList<TemplateValue> items = Iterate(value);
                if (items.Count != tuple.Items.Count)
                {
                    throw _run.Fail($"{items.Count} values do not fit {tuple.Items.Count} names");
                }

                for (int i = 0; i < items.Count; i++)
                {
                    Assign(tuple.Items[i], items[i], scope);
                }

                break;
            default:
                throw _run.Fail("this cannot be assigned to");
        }
    }

    /// <summary>The elements that Python's iter() gives; a snapshot, so a loop may change what it walks.</summary>
    public IReadOnlyList<TemplateValue> Iterate(TemplateValue value)
    {
        switch (value)
        {
            case ListValue list:
                _run.Step(list.Items.Count);
                return list.Items.ToArray();
            case DictValue dict:
                _run.Step(dict.Items.Count);
                return [.. dict.Items.Keys];
            case TextValue text:
                return Characters(text);
            case UndefinedValue:
                return [];
            default:
                throw _run.Fail($"'{value.TypeName}' object is not iterable");
        }
    }

    private List<TemplateValue> Characters(TextValue text)
    {
        var characters = new List<TemplateValue>();
        for (int i = 0; i < text.Text.Length;)
        {
            _run.Step();
            int length = i + 1 < text.Text.Length && char.IsSurrogatePair(text.Text, i) ? 2 : 1;
            characters.Add(text.Slice(_run, i, length));
            i += length;
        }

        return characters;
    }

    /// <summary>Renders into a text of its own.</summary>
    private TextValue Capture(IReadOnlyList<TemplateStatement> body, TemplateScope scope)
    {
        TextBuilder outer = _output;
        _output = new TextBuilder(_run);
        Execute(body, scope);
        TextValue text = _output.ToValue();
        _output = outer;
        return text;
    }

    private TemplateValue ApplyAll(IReadOnlyList<FilterExpression> filters, TemplateValue value, TemplateScope scope)
    {
        foreach (FilterExpression filter in filters)
        {
            value = _filters.Apply(filter.Name, value, Arguments(filter.Name, filter.Arguments, scope));
        }

        return value;
    }

    private TextValue CallMacro(MacroValue macro, TemplateArguments arguments)
    {
        _run.Enter();
        int line = _run.Line;
        var scope = new TemplateScope(macro.Scope);
        IReadOnlyList<(string Name, TemplateExpression? Default)> parameters = macro.Macro.Parameters;
        for (int i = 0; i < parameters.Count; i++)
        {
            (string name, TemplateExpression? fallback) = parameters[i];
            scope.Set(name, arguments.Find(i, name)
                ?? (fallback is null ? new UndefinedValue($"parameter '{name}' was not provided") : Evaluate(fallback, scope)));
        }

        SetFurtherArguments(macro.Macro, arguments, scope);
        arguments.Done();
        TextValue text = Capture(macro.Macro.Body, scope);
        _run.Line = line;
        _run.Leave();
        return text;
    }

    private void SetFurtherArguments(MacroStatement macro, TemplateArguments arguments, TemplateScope scope)
    {
        if (macro.TakesVarargs)
        {
            scope.Set("varargs", new ListValue(arguments.TakePositional(macro.Parameters.Count), ListKind.Tuple));
        }

        if (macro.TakesKwargs)
        {
            var named = new DictValue(_run);
            foreach ((string name, TemplateValue value) in arguments.TakeNamed())
            {
                named.Items[new TextValue(name, isMessage: false)] = value;
            }

            scope.Set("kwargs", named);
        }
    }
}
